import { expect, test } from 'vitest';
import { accessDenied, describeFailure } from '../../../../services/embedded/exception.ts';

test.each([
  ['Query failed: Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)', 60, 404],
  ['Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)', 62, 400],
  ['Code: 395. DB::Exception: x. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)', 395, 500],
  ['Code: 210. DB::NetException: x. (NETWORK_ERROR)', 210, 500],
  ['something else', 1002, 500],
])('%s', (message, code, status) => {
  const failure = describeFailure(new Error(message), '26.7');
  expect(failure).toMatchObject({ code, status });
  expect(failure.text).toMatch(/^Code: \d+\. DB::.* \(version 26\.7\)\n$/s);
});

test('a refusal of our own reads like one of the engine', () => {
  expect(describeFailure(accessDenied('No.'), '26.7')).toEqual({
    code: 497,
    status: 403,
    text: 'Code: 497. DB::Exception: No. (ACCESS_DENIED) (version 26.7)\n',
  });
});
