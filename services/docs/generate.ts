/** Writes the generated pages of `docs/`: `npm run docs`. A test fails while a page lags behind its table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../schemas/package-root.ts';
import { GENERATED_PAGES } from './pages.ts';

for (const [path, page] of Object.entries(GENERATED_PAGES)) {
  writeFileSync(join(packageRoot(), path), await page());
}
