/** Error codes of the area `store`. */
import { defineErrors } from './define.ts';

export const storeErrors = defineErrors({
  'RAS-STORE-INTERNAL': {
    message: {
      en: 'An internal error stopped the work: {detail}.',
      es: 'Un error interno detuvo el trabajo: {detail}.',
      fr: 'Une erreur interne a arrêté le travail : {detail}.',
    },
    hint: {
      en: 'Nothing accepted is lost; run again, and report this with the code if it comes back.',
      es: 'Nada de lo aceptado se pierde; ejecute de nuevo e informe este código si se repite.',
      fr: 'Rien de ce qui a été accepté n’est perdu ; relancez, et signalez ce code s’il revient.',
    },
  },
  'RAS-STORE-LOCKED': {
    message: {
      en: 'The data folder {dataDir} is in use by process {pid}.',
      es: 'La carpeta de datos {dataDir} está en uso por el proceso {pid}.',
      fr: 'Le dossier de données {dataDir} est utilisé par le processus {pid}.',
    },
    hint: {
      en: 'Stop that process, or give another folder; one process at a time may hold a data folder.',
      es: 'Detenga ese proceso o indique otra carpeta; solo un proceso a la vez puede tener una carpeta de datos.',
      fr: 'Arrêtez ce processus ou indiquez un autre dossier ; un seul processus à la fois peut tenir un dossier de données.',
    },
  },
  'RAS-STORE-PORT-IN-USE': {
    message: {
      en: 'The port {port} is in use.',
      es: 'El puerto {port} está en uso.',
      fr: 'Le port {port} est occupé.',
    },
    hint: {
      en: 'Choose another with --port, or --port 0 for a free one.',
      es: 'Elija otro con --port, o --port 0 para uno libre.',
      fr: 'Choisissez-en un autre avec --port, ou --port 0 pour un port libre.',
    },
  },
  'RAS-STORE-ENGINE-MISSING': {
    message: {
      en: 'The embedded ClickHouse engine cannot be loaded on {platform}: {detail}.',
      es: 'El motor ClickHouse integrado no se puede cargar en {platform}: {detail}.',
      fr: 'Le moteur ClickHouse intégré ne peut pas être chargé sur {platform} : {detail}.',
    },
    hint: {
      en: 'It needs Linux (glibc) or macOS on x64 or arm64 and the optional packages installed; otherwise set the URL of a ClickHouse server.',
      es: 'Necesita Linux (glibc) o macOS en x64 o arm64 y los paquetes opcionales instalados; si no, indique la URL de un servidor ClickHouse.',
      fr: 'Il faut Linux (glibc) ou macOS sur x64 ou arm64 et les paquets optionnels installés ; sinon, indiquez l’URL d’un serveur ClickHouse.',
    },
  },
  'RAS-STORE-START-FAILED': {
    message: {
      en: 'The embedded ClickHouse did not start: {detail}.',
      es: 'El ClickHouse integrado no arrancó: {detail}.',
      fr: 'Le ClickHouse intégré n’a pas démarré : {detail}.',
    },
    hint: {
      en: 'Check free disk space and memory and run `rastro doctor`.',
      es: 'Compruebe el espacio en disco y la memoria y ejecute `rastro doctor`.',
      fr: 'Vérifiez l’espace disque et la mémoire, puis lancez `rastro doctor`.',
    },
  },
  'RAS-STORE-FOLDER': {
    message: {
      en: 'The data folder {dataDir} cannot be used: {detail}.',
      es: 'La carpeta de datos {dataDir} no se puede usar: {detail}.',
      fr: 'Le dossier de données {dataDir} est inutilisable : {detail}.',
    },
    hint: {
      en: 'Choose a folder that you own and may write to.',
      es: 'Elija una carpeta propia en la que pueda escribir.',
      fr: 'Choisissez un dossier qui vous appartient et où vous pouvez écrire.',
    },
  },
  'RAS-STORE-KEY-MODE': {
    message: {
      en: 'The key file {path} may be read by others (mode {mode}).',
      es: 'El archivo de clave {path} puede ser leído por otros (modo {mode}).',
      fr: 'Le fichier de clé {path} est lisible par d’autres (mode {mode}).',
    },
    hint: {
      en: 'Restrict it with `chmod 600`, and replace the key if others had access to this machine.',
      es: 'Restrínjalo con `chmod 600` y sustituya la clave si otros tuvieron acceso a esta máquina.',
      fr: 'Restreignez-le avec `chmod 600`, et remplacez la clé si d’autres ont eu accès à cette machine.',
    },
  },
  'RAS-STORE-KEY-SHORT': {
    message: {
      en: 'The key file {path} is empty or too short.',
      es: 'El archivo de clave {path} está vacío o es demasiado corto.',
      fr: 'Le fichier de clé {path} est vide ou trop court.',
    },
    hint: {
      en: 'Restore it from a copy; if it was never used, delete it and start again to get a new one.',
      es: 'Restáurelo de una copia; si nunca se usó, bórrelo y arranque de nuevo para obtener otro.',
      fr: 'Restaurez-le depuis une copie ; s’il n’a jamais servi, supprimez-le et redémarrez pour en obtenir un autre.',
    },
  },
  'RAS-STORE-UNREACHABLE': {
    message: {
      en: 'The store at {url} does not answer ({detail}).',
      es: 'El almacén en {url} no responde ({detail}).',
      fr: 'Le stockage à {url} ne répond pas ({detail}).',
    },
    hint: {
      en: 'Check that it runs and that the URL is right; nothing is lost, run again when it is back.',
      es: 'Compruebe que funciona y que la URL es correcta; nada se pierde, ejecute de nuevo cuando vuelva.',
      fr: 'Vérifiez qu’il tourne et que l’URL est juste ; rien n’est perdu, relancez quand il sera revenu.',
    },
  },
  'RAS-STORE-DENIED': {
    message: {
      en: 'The store refused the request: {detail}.',
      es: 'El almacén rechazó la petición: {detail}.',
      fr: 'Le stockage a refusé la requête : {detail}.',
    },
    hint: {
      en: 'Check the key: of a data folder its own, of a server clickhouse.user and clickhouse.passwordFile, and what that user may do.',
      es: 'Compruebe la clave: de una carpeta de datos la suya; de un servidor clickhouse.user y clickhouse.passwordFile, y lo que ese usuario puede hacer.',
      fr: 'Vérifiez la clé : d’un dossier de données la sienne ; d’un serveur clickhouse.user et clickhouse.passwordFile, et ce que cet utilisateur peut faire.',
    },
  },
  'RAS-STORE-QUERY-FAILED': {
    message: {
      en: 'The store could not run a statement: {detail}.',
      es: 'El almacén no pudo ejecutar una sentencia: {detail}.',
      fr: 'Le stockage n’a pas pu exécuter une instruction : {detail}.',
    },
    hint: {
      en: 'Run `rastro db status`: a missing table or column means that migrations are due.',
      es: 'Ejecute `rastro db status`: si falta una tabla o columna, hay migraciones pendientes.',
      fr: 'Lancez `rastro db status` : une table ou colonne manquante signifie que des migrations sont à faire.',
    },
  },
  'RAS-STORE-TABLE-MISSING': {
    message: {
      en: 'The store has no table {table}.',
      es: 'El almacén no tiene la tabla {table}.',
      fr: 'Le stockage n’a pas de table {table}.',
    },
    hint: {
      en: 'Make its tables with `rastro db migrate`, with --config for a server; then check that its database is the one that is meant.',
      es: 'Cree sus tablas con `rastro db migrate`, con --config para un servidor; después compruebe que la base de datos es la debida.',
      fr: 'Créez ses tables avec `rastro db migrate`, avec --config pour un serveur ; puis vérifiez que la base de données est la bonne.',
    },
  },
  'RAS-STORE-BUSY': {
    message: {
      en: 'The store is overloaded.',
      es: 'El almacén está sobrecargado.',
      fr: 'Le stockage est surchargé.',
    },
    hint: {
      en: 'Wait and run again, or lower the number of parallel jobs.',
      es: 'Espere y ejecute de nuevo, o reduzca los trabajos en paralelo.',
      fr: 'Attendez puis relancez, ou réduisez les travaux parallèles.',
    },
  },
  'RAS-STORE-MIGRATION-CHANGED': {
    message: {
      en: 'The migration {file} was applied with other content than it has now.',
      es: 'La migración {file} se aplicó con otro contenido que el actual.',
      fr: 'La migration {file} a été appliquée avec un autre contenu que l’actuel.',
    },
    hint: {
      en: 'Restore the file; put changes into a new migration.',
      es: 'Restaure el archivo; ponga los cambios en una migración nueva.',
      fr: 'Restaurez le fichier ; mettez les changements dans une nouvelle migration.',
    },
  },
  'RAS-STORE-MIGRATION-UNKNOWN': {
    message: {
      en: 'The store has the migration {file}, which this version does not know.',
      es: 'El almacén tiene la migración {file}, que esta versión no conoce.',
      fr: 'Le stockage contient la migration {file}, inconnue de cette version.',
    },
    hint: {
      en: 'The store was written by a newer version; use that version.',
      es: 'El almacén fue escrito por una versión más nueva; use esa versión.',
      fr: 'Le stockage a été écrit par une version plus récente ; utilisez celle-ci.',
    },
  },
  'RAS-STORE-MIGRATION-MALFORMED': {
    message: {
      en: 'The migration {file} is malformed: {detail}.',
      es: 'La migración {file} está mal formada: {detail}.',
      fr: 'La migration {file} est mal formée : {detail}.',
    },
    hint: {
      en: 'See schemas/clickhouse/README.md for the form of a migration.',
      es: 'Vea en schemas/clickhouse/README.md la forma de una migración.',
      fr: 'Voir dans schemas/clickhouse/README.md la forme d’une migration.',
    },
  },
});
