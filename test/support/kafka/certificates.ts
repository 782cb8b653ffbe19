/** Certificates for a broker under test, made by the keytool that comes with Java. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrokerTls } from './settings.ts';

const run = promisify(execFile);
const PASSWORD = 'only-for-tests';

export interface Certificate extends BrokerTls {
  /** PEM of the certificate, which is its own authority. */
  readonly caFile: string;
}

/** A key with a certificate for `localhost`, in files of this folder. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const keyStore = join(folder, `${name}.p12`);
  const store = ['-alias', 'broker', '-keystore', keyStore, '-storepass', PASSWORD, '-storetype', 'PKCS12'];
  const subject = ['-dname', `CN=${name}`, '-ext', 'san=dns:localhost', '-validity', '2'];
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', ...subject, ...store]);
  const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...store]);
  const caFile = join(folder, `${name}.pem`);
  writeFileSync(caFile, stdout);
  return { keyStore, keyStorePassword: PASSWORD, caFile };
}
