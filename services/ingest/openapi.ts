/** The OpenAPI 3.1 document of the ingest role, made of the shapes that requests and answers are checked with. */
import { z } from 'zod';
import {
  problem,
  receipt,
  SUBMISSION_LIMITS,
  submissionReport,
  submissionStatus,
} from '../../schemas/submission.ts';
import { feedPath, listQuery, reportQuery, statusQuery, submissionPath, submitQuery } from './requests.ts';

const SCHEMAS = {
  Receipt: receipt,
  SubmissionStatus: submissionStatus,
  SubmissionReport: submissionReport,
  SubmissionList: z.strictObject({ submissions: z.array(submissionStatus) }),
  Problem: problem,
} as const;

const schemaOf = (shape: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { target: 'draft-2020-12', io });
  return schema;
};

function parameters(place: 'path' | 'query', shape: z.ZodType): object[] {
  const { properties = {}, required = [] } = schemaOf(shape, 'input') as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

const header = (name: string, description: string): object => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});

const content = (media: string, name: keyof typeof SCHEMAS) => ({
  [media]: { schema: { $ref: `#/components/schemas/${name}` } },
});
const answer = (description: string, name: keyof typeof SCHEMAS) => ({
  description,
  content: content('application/json', name),
});
const refusal = (description: string) => ({
  description,
  content: content('application/problem+json', 'Problem'),
});
const later = (description: string) => ({
  ...refusal(description),
  headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
});
const REFUSALS = {
  '400': refusal('A parameter, a header or the body is not understood'),
  '401': refusal('No valid API key'),
  '403': refusal('The key does not allow this'),
};

const bytes = { schema: { type: 'string', format: 'binary' } };

export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rastro: feeds of institutions',
      version: '1',
      description:
        'Files of transactions and parties are handed in, and what became of them can be asked. Answers speak of data ' +
        'quality alone. Every refusal is a problem document (RFC 9457) with a stable code.',
    },
    security: [{ apiKey: [] }],
    paths: {
      '/v1/feeds/{institution}/submissions': {
        post: {
          operationId: 'submit',
          summary: 'Hands in a file',
          description:
            'The body is the file, streamed, as it is or packed with gzip. The answer comes when the bytes are durable; the ' +
            'file is read afterwards. The same key with the same body gives the first receipt again.',
          parameters: [
            ...parameters('path', feedPath),
            ...parameters('query', submitQuery),
            header(
              'Idempotency-Key',
              `1 to ${SUBMISSION_LIMITS.KEY_CHARS} visible ASCII characters, known for ${SUBMISSION_LIMITS.KEPT_MIN_MS / 86_400_000} days at least. Without one it follows from body and options: the same file is taken in once`,
            ),
            header('Content-Digest', 'sha-256=:...: of the body (RFC 9530); a body that differs is refused'),
            header('Content-Encoding', 'identity or gzip'),
          ],
          requestBody: {
            required: true,
            content: { 'text/csv': bytes, 'application/x-ndjson': bytes, 'application/octet-stream': bytes },
          },
          responses: {
            '202': answer('Kept; the receipt', 'Receipt'),
            ...REFUSALS,
            '408': refusal('The body came too slowly'),
            '409': refusal('The key was used for another body or other options'),
            '413': refusal('The body is too large'),
            '415': refusal('The content encoding is not read'),
            '429': later('Too many submissions of this institution under way'),
            '503': later('Too many submissions under way, or the log does not answer'),
          },
        },
        get: {
          operationId: 'listSubmissions',
          summary: 'The newest submissions',
          parameters: [...parameters('path', feedPath), ...parameters('query', listQuery)],
          responses: { '200': answer('Newest first', 'SubmissionList'), ...REFUSALS },
        },
      },
      '/v1/feeds/{institution}/submissions/{submissionId}': {
        get: {
          operationId: 'getSubmission',
          summary: 'What became of a submission',
          parameters: [...parameters('path', submissionPath), ...parameters('query', statusQuery)],
          responses: {
            '200': answer('Its state', 'SubmissionStatus'),
            ...REFUSALS,
            '404': refusal('There is none'),
          },
        },
      },
      '/v1/feeds/{institution}/submissions/{submissionId}/report': {
        get: {
          operationId: 'getReport',
          summary: 'The rejected lines of a submission, each with its reason',
          parameters: [...parameters('path', submissionPath), ...parameters('query', reportQuery)],
          responses: {
            '200': {
              description: 'The report',
              content: {
                ...content('application/json', 'SubmissionReport'),
                'application/x-ndjson': bytes,
                'text/csv': bytes,
              },
            },
            ...REFUSALS,
            '404': refusal('There is none'),
          },
        },
      },
      '/v1/openapi.json': {
        get: {
          operationId: 'getDocument',
          summary: 'This document',
          security: [],
          responses: { '200': { description: 'OpenAPI 3.1' } },
        },
      },
    },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'ras_<id>_<secret>' } },
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, shape]) => [name, schemaOf(shape, 'output')]),
      ),
    },
  };
}
