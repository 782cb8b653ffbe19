/** `rastro rules lock [--check]`: versions and contents written down, so that nothing changes under an old version. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { errorHint, errorMessage } from '../../../schemas/errors/index.ts';
import { packageRoot } from '../../../schemas/package-root.ts';
import {
  LOCK_FILE,
  type LockFinding,
  lockFindings,
  lockOf,
  lockText,
  readLock,
} from '../../workbench/lock.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { counted } from '../terminal.ts';
import { writtenTo } from '../written.ts';

interface LockOptions {
  readonly rules?: string;
  readonly check?: boolean;
}

const NO_LOCK: LockFinding = {
  code: 'RAS-RULES-LOCK-STALE',
  params: { file: LOCK_FILE, name: 'the whole folder', detail: 'there is no lock' },
};

export function addRulesLock(rules: Command): void {
  const lock = rules
    .command('lock')
    .description('write down version and content hash of every file; refuse a change without a new version')
    .option('--rules <folder>', 'another catalogue')
    .option('--check', 'write nothing; exit code 1 if the lock is not what is here')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules lock                       after a rule was added, or changed under a new version
  rastro rules lock --check               in continuous integration
  rastro rules lock --rules ./our-rules

Cases, comments and layout are in no hash. Exit code 1: a file says something else under the same version, or a version
went back; with --check also where ${LOCK_FILE} is behind. Each finding says which file and what to do.`,
    );
  handle<LockOptions>(lock, async ({ terminal }, options) => {
    const folder = options.rules ?? join(packageRoot(), 'rules');
    const knowledge = await loadKnowledge(options.rules === undefined ? {} : { rulesDir: options.rules });
    const now = lockOf(knowledge, folder);
    const locked = await readLock(folder);
    const differences = locked === undefined ? [NO_LOCK] : lockFindings(locked, now);
    const findings = differences.filter(
      ({ code }) => options.check === true || code !== 'RAS-RULES-LOCK-STALE',
    );
    const path = join(folder, LOCK_FILE);
    const written = options.check !== true && findings.length === 0 && differences.length > 0;
    if (written) await writtenTo(path, () => writeFile(path, lockText(now)));
    const entries = [now.rules, now.composites, now.reference].map((part) => Object.keys(part).length);
    if (terminal.json)
      terminal.printJson({
        lock: path,
        written,
        rules: entries[0],
        composites: entries[1],
        reference: entries[2],
        findings: findings.map(({ code, params }) => ({
          code,
          message: errorMessage(code, params),
          hint: errorHint(code, params),
          params,
        })),
      });
    else {
      for (const { code, params } of findings)
        terminal.print(
          `${terminal.paint.red(code)} ${errorMessage(code, params)}\n  ${errorHint(code, params)}`,
        );
      const [rulesHeld = 0, composites = 0, reference = 0] = entries;
      const held = `${counted(rulesHeld, 'rule')}, ${counted(composites, 'composite')}, ${counted(reference, 'reference file')}`;
      if (findings.length > 0)
        terminal.print(`\n${counted(findings.length, 'finding')}; ${path} was not written.`);
      else terminal.print(`${path} ${written ? 'holds now' : 'holds'} ${held}.`);
    }
    return findings.length === 0 ? EXIT.FINE : EXIT.FAILURE;
  });
}
