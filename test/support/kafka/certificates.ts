/** Certificates for a broker under test and for its clients: keytool of Java makes them, openssl takes a client's key out. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrokerTls, ClientTrust } from './settings.ts';

const run = promisify(execFile);
const PASSWORD = 'only-for-tests';
const ALIAS = 'own';

export interface Certificate extends BrokerTls {
  /** PEM of the certificate, which is its own authority. */
  readonly caFile: string;
}

/** As the configuration names it. */
export interface ClientCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

const storeAt = (keyStore: string) => ['-keystore', keyStore, '-storepass', PASSWORD, '-storetype', 'PKCS12'];

/** A key with a certificate for `localhost`, in files of this folder. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const keyStore = join(folder, `${name}.p12`);
  const store = ['-alias', ALIAS, ...storeAt(keyStore)];
  const subject = ['-dname', `CN=${name}`, '-ext', 'san=dns:localhost', '-validity', '2'];
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', ...subject, ...store]);
  const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...store]);
  const caFile = join(folder, `${name}.pem`);
  writeFileSync(caFile, stdout);
  return { keyStore, keyStorePassword: PASSWORD, caFile };
}

/** The same with its key apart, which keytool cannot do. A broker knows the client as `CN=name`. */
export async function makeClientCertificate(folder: string, name: string): Promise<ClientCertificate> {
  const { keyStore, caFile } = await makeCertificate(folder, name);
  const from = ['-in', keyStore, '-passin', `pass:${PASSWORD}`];
  const { stdout } = await run('openssl', ['pkcs12', ...from, '-nodes', '-nocerts']);
  const keyFile = join(folder, `${name}.key`);
  writeFileSync(keyFile, stdout, { mode: 0o600 });
  return { certFile: caFile, keyFile };
}

/** What makes a broker ask for certificates and take these; the others are refused. */
export async function trustOf(
  folder: string,
  clients: readonly ClientCertificate[],
  superUsers: readonly string[],
): Promise<ClientTrust> {
  const trustStore = join(folder, 'trusted.p12');
  for (const [at, { certFile }] of clients.entries())
    await run('keytool', [
      '-importcert',
      '-noprompt',
      '-file',
      certFile,
      '-alias',
      `client-${at}`,
      ...storeAt(trustStore),
    ]);
  return { trustStore, trustStorePassword: PASSWORD, superUsers };
}
