/** `rastro alerts list|show ID`: what an analyst reads. */
import type { Command } from 'commander';
import { renderAlert } from '../../../pipelines/compose/index.ts';
import type { Alert } from '../../../schemas/alert.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { Transaction } from '../../../schemas/transaction.ts';
import type { Store } from '../../store/client.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { limitOf, moment, oneOf } from '../options.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { tableText } from '../terminal.ts';

const LANGS = ['en', 'es', 'fr'] as const;

const LIST = `
SELECT doc FROM alerts_queue
WHERE ({typology:String} = '' OR typology = {typology:String}) AND ({subject:String} = '' OR subject = {subject:String})
ORDER BY life_safety DESC, score_milli DESC, id
LIMIT {limit:UInt32}`;

/** The evidence of an alert, by reference: what the rendering shows of each transaction. */
export async function evidenceOf(store: Store, alert: Alert): Promise<Map<string, Transaction>> {
  const rows = await store.queryRows<{ doc: string }>(
    `SELECT doc FROM transactions_current
     WHERE (institution, id) IN (SELECT arrayJoin(arrayZip({institutions:Array(String)}, {ids:Array(String)})))`,
    {
      institutions: alert.transactions.map((ref) => ref.institution),
      ids: alert.transactions.map((ref) => ref.id),
    },
  );
  const out = new Map<string, Transaction>();
  for (const { doc } of rows) {
    const tx = JSON.parse(doc) as Transaction;
    out.set(`${tx.institution}\u0000${tx.id}\u0000${tx.version}`, tx);
  }
  return out;
}

export function addAlerts(program: Command): void {
  const alerts = program.command('alerts').description('the alerts that stand');

  const list = alerts
    .command('list')
    .description('standing alerts that nothing withholds: life-safety first, then by score')
    .option('--typology <id>', 'only this composite, e.g. K-SMUG')
    .option('--subject <key>', 'only alerts about this subject')
    .option('--limit <n>', 'at most so many', '50')
    .option(...SERVER_OPTION)
    .addHelpText('after', '\nExamples:\n  rastro alerts list\n  rastro alerts list --typology K-SMUG --json');
  handle<ServerOption & { typology?: string; subject?: string; limit: string }>(
    list,
    async ({ terminal, dataDir }, options) => {
      const params = {
        typology: options.typology ?? '',
        subject: options.subject ?? '',
        limit: limitOf(options.limit),
      };
      const rows = await withChosenStore(dataDir, options.config, (store) =>
        store.queryRows<{ doc: string }>(LIST, params),
      );
      const found = rows.map((row) => JSON.parse(row.doc) as Alert);
      if (terminal.json) {
        terminal.printJson(found.map((alert) => ({ ...alert, score: alert.scoreMilli / 1000 })));
        return EXIT.FINE;
      }
      if (found.length === 0) {
        terminal.print(
          options.typology === undefined && options.subject === undefined
            ? 'No alert stands. `rastro signals list` shows what rules found that did not suffice for one.'
            : 'No alert stands that is asked for.',
        );
        return EXIT.FINE;
      }
      terminal.print(
        tableText(
          found,
          [
            { title: '', value: (alert) => (alert.lifeSafety.flag ? terminal.paint.red('life') : '') },
            { title: 'typology', value: (alert) => alert.typology },
            { title: 'level', value: (alert) => alert.level },
            { title: 'score', value: (alert) => (alert.scoreMilli / 1000).toFixed(2), align: 'right' },
            { title: 'subject', value: (alert) => alert.subject },
            {
              title: 'role',
              value: (alert) => alert.roles.find((party) => party.subject === alert.subject)?.role ?? '',
            },
            {
              title: 'protected',
              value: (alert) => String(alert.roles.filter((party) => party.protected).length),
              align: 'right',
            },
            { title: 'as of', value: (alert) => moment(alert.eventTime) },
            { title: 'v', value: (alert) => String(alert.version), align: 'right' },
            { title: 'id', value: (alert) => alert.id },
          ],
          terminal,
        ),
      );
      terminal.print(terminal.paint.dim('`rastro alerts show ID [--lang es|en|fr]` explains one.'));
      return EXIT.FINE;
    },
  );

  const show = alerts
    .command('show <id>')
    .description('one alert in full: who, what, why, how sure, what was not seen, what to do next')
    .option('--lang <lang>', 'es | en | fr', 'en')
    .option(...SERVER_OPTION)
    .addHelpText('after', '\nExample:\n  rastro alerts show alt_… --lang es');
  handle<ServerOption & { lang: string }>(show, async ({ terminal, dataDir }, options, [id = '']) => {
    const lang = oneOf('--lang', options.lang, LANGS);
    return withChosenStore(dataDir, options.config, async (store) => {
      const [row] = await store.queryRows<{ doc: string; status: string }>(
        'SELECT doc, status FROM alerts_current WHERE id = {id:String}',
        { id },
      );
      if (row === undefined)
        throw new RastroError('RAS-CLI-NOT-FOUND', { what: 'alert', id, list: 'rastro alerts list' });
      const alert = JSON.parse(row.doc) as Alert;
      if (terminal.json) {
        terminal.printJson({ ...alert, score: alert.scoreMilli / 1000, status: row.status });
        return EXIT.FINE;
      }
      if (row.status !== 'standing')
        terminal.print(terminal.paint.yellow('This alert was withdrawn: what it rested on was corrected.'));
      const evidence = await evidenceOf(store, alert);
      terminal.print(
        renderAlert(alert, lang, {
          width: Math.min(terminal.width, 120),
          colour: terminal.colour,
          transactionOf: (ref) => evidence.get(`${ref.institution}\u0000${ref.id}\u0000${ref.version}`),
        }),
      );
      return EXIT.FINE;
    });
  });
}
