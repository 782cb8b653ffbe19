/** Error codes of the area `config`: files and environment that tell the roles how to run. */
import { defineErrors } from './define.ts';

export const configErrors = defineErrors({
  'RAS-CONFIG-FILE-MISSING': {
    message: {
      en: 'The configuration file {file} cannot be read: {detail}.',
      es: 'No se puede leer el archivo de configuración {file}: {detail}.',
      fr: 'Le fichier de configuration {file} est illisible : {detail}.',
    },
    hint: {
      en: 'Check --config and RASTRO_CONFIG; without both, the environment alone says everything.',
      es: 'Revise --config y RASTRO_CONFIG; sin ambos, el entorno lo dice todo.',
      fr: 'Vérifiez --config et RASTRO_CONFIG ; sans eux, l’environnement dit tout.',
    },
  },
  'RAS-CONFIG-INVALID': {
    message: {
      en: 'The configuration is not valid: {detail}.',
      es: 'La configuración no es válida: {detail}.',
      fr: 'La configuration n’est pas valide : {detail}.',
    },
    hint: {
      en: 'Correct what is named; `rastro config check` lists everything, docs/operations.md says what each field means.',
      es: 'Corrija lo indicado; `rastro config check` lo enumera todo y docs/operations.md explica cada campo.',
      fr: 'Corrigez ce qui est nommé ; `rastro config check` énumère tout, docs/operations.md explique chaque champ.',
    },
  },
  'RAS-CONFIG-SECTION-MISSING': {
    message: {
      en: 'The configuration has no section {section}, which this command needs.',
      es: 'La configuración no tiene la sección {section}, que este comando necesita.',
      fr: 'La configuration n’a pas de section {section}, dont cette commande a besoin.',
    },
    hint: {
      en: 'Add it to the file given with --config, or set {example}.',
      es: 'Añádala al archivo indicado con --config o defina {example}.',
      fr: 'Ajoutez-la au fichier indiqué par --config, ou définissez {example}.',
    },
  },
  'RAS-CONFIG-LISTEN': {
    message: {
      en: 'Nothing can be served at {host} port {port}: {detail}.',
      es: 'No se puede servir nada en {host}, puerto {port}: {detail}.',
      fr: 'Rien ne peut être servi à {host}, port {port} : {detail}.',
    },
    hint: {
      en: 'Another process has the port, or the address is not of this machine: set {section}.host and {section}.port; two roles on one machine need two ports.',
      es: 'Otro proceso tiene el puerto, o la dirección no es de esta máquina: defina {section}.host y {section}.port; dos roles en una máquina necesitan dos puertos.',
      fr: 'Un autre processus tient le port, ou l’adresse n’est pas de cette machine : définissez {section}.host et {section}.port ; deux rôles sur une machine veulent deux ports.',
    },
  },
  'RAS-CONFIG-FOLDER': {
    message: {
      en: 'The folder {folder} cannot be made or used: {detail}.',
      es: 'La carpeta {folder} no se puede crear o usar: {detail}.',
      fr: 'Le dossier {folder} ne peut être créé ou utilisé : {detail}.',
    },
    hint: {
      en: 'Each part of the path must be a folder that this user may enter, the last one writable, on a disk with room. Have the rights changed, or name another folder.',
      es: 'Cada parte de la ruta debe ser una carpeta a la que este usuario pueda entrar, la última con permiso de escritura, en un disco con espacio. Haga cambiar los permisos o indique otra carpeta.',
      fr: 'Chaque partie du chemin doit être un dossier où cet utilisateur peut entrer, le dernier ouvert en écriture, sur un disque qui a de la place. Faites changer les droits, ou nommez un autre dossier.',
    },
  },
  'RAS-CONFIG-SECRET-UNREADABLE': {
    message: {
      en: 'The file {file} that {path} names cannot be used: {detail}.',
      es: 'El archivo {file} que nombra {path} no se puede usar: {detail}.',
      fr: 'Le fichier {file} que nomme {path} est inutilisable : {detail}.',
    },
    hint: {
      en: 'Check the path and who may read it. A password stands alone in its file, on one line; no secret may be readable by everybody.',
      es: 'Revise la ruta y quién puede leerlo. Una contraseña está sola en su archivo, en una línea; ningún secreto puede ser legible para todos.',
      fr: 'Vérifiez le chemin et qui peut le lire. Un mot de passe est seul dans son fichier, sur une ligne ; aucun secret ne peut être lisible par tous.',
    },
  },
});
