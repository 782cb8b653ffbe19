/** Error codes of the area `rules`: what a rule author's commands refuse. */
import { defineErrors } from './define.ts';

export const rulesWorkbenchErrors = defineErrors({
  'RAS-RULES-LOCK-VERSION': {
    message: {
      en: '{file}: {name} says something else than the lock holds of version {version}.',
      es: '{file}: {name} dice algo distinto de lo que el bloqueo guarda de la versión {version}.',
      fr: '{file} : {name} dit autre chose que ce que le verrou contient de la version {version}.',
    },
    hint: {
      en: 'Raise `version` in {file} (a fix: the last number; other results: the first), then run `rastro rules lock`.',
      es: 'Aumente `version` en {file} (una corrección: el último número; otros resultados: el primero) y ejecute `rastro rules lock`.',
      fr: 'Augmentez `version` dans {file} (une correction : le dernier nombre ; d’autres résultats : le premier), puis lancez `rastro rules lock`.',
    },
  },
  'RAS-RULES-LOCK-OLDER': {
    message: {
      en: '{file}: {name} has version {version}, the lock has the later {locked}.',
      es: '{file}: {name} tiene la versión {version}; el bloqueo tiene la posterior {locked}.',
      fr: '{file} : {name} a la version {version}, le verrou a la {locked}, plus récente.',
    },
    hint: {
      en: 'A version never goes back: give {file} one above {locked}, also where it says again what it once said.',
      es: 'Una versión nunca retrocede: dé a {file} una superior a {locked}, aunque vuelva a decir lo que decía antes.',
      fr: 'Une version ne recule jamais : donnez à {file} une version au-dessus de {locked}, même s’il redit ce qu’il disait avant.',
    },
  },
  'RAS-RULES-LOCK-STALE': {
    message: {
      en: '{file}: {name} is not in the lock as it is here: {detail}.',
      es: '{file}: {name} no está en el bloqueo como está aquí: {detail}.',
      fr: '{file} : {name} n’est pas dans le verrou tel qu’il est ici : {detail}.',
    },
    hint: {
      en: 'Run `rastro rules lock` and commit the file that it writes.',
      es: 'Ejecute `rastro rules lock` e incluya en el repositorio el archivo que escribe.',
      fr: 'Lancez `rastro rules lock` et validez le fichier qu’il écrit.',
    },
  },
  'RAS-RULES-LOCK-INVALID': {
    message: {
      en: 'The lock {file} cannot be read: {detail}.',
      es: 'El bloqueo {file} no se puede leer: {detail}.',
      fr: 'Le verrou {file} est illisible : {detail}.',
    },
    hint: {
      en: 'Take it back from version control; where there was none yet, `rastro rules lock` writes one.',
      es: 'Recupérelo del control de versiones; si aún no había ninguno, `rastro rules lock` escribe uno.',
      fr: 'Reprenez-le du gestionnaire de versions ; s’il n’y en avait pas encore, `rastro rules lock` en écrit un.',
    },
  },
  'RAS-RULES-PACK-INVALID': {
    message: {
      en: 'The pack {file} is not whole: {detail}.',
      es: 'El paquete {file} no está completo: {detail}.',
      fr: 'Le paquet {file} n’est pas intact : {detail}.',
    },
    hint: {
      en: 'Nothing was written. Fetch the pack again from whoever made it.',
      es: 'No se escribió nada. Obtenga de nuevo el paquete de quien lo hizo.',
      fr: 'Rien n’a été écrit. Redemandez le paquet à qui l’a fait.',
    },
  },
  'RAS-RULES-PACK-SIGNATURE': {
    message: {
      en: 'The pack {file} was not signed with the key given: {detail}.',
      es: 'El paquete {file} no fue firmado con la clave indicada: {detail}.',
      fr: 'Le paquet {file} n’a pas été signé avec la clé donnée : {detail}.',
    },
    hint: {
      en: 'Nothing was written. Ask whoever made it for their public key, by another way than the pack came.',
      es: 'No se escribió nada. Pida la clave pública a quien lo hizo, por una vía distinta de la del paquete.',
      fr: 'Rien n’a été écrit. Demandez sa clé publique à qui l’a fait, par une autre voie que celle du paquet.',
    },
  },
  'RAS-RULES-PACK-KEY': {
    message: {
      en: 'The key {file} cannot be used: {detail}.',
      es: 'La clave {file} no se puede usar: {detail}.',
      fr: 'La clé {file} est inutilisable : {detail}.',
    },
    hint: {
      en: 'It must be an Ed25519 key in PEM: `openssl genpkey -algorithm ed25519 -out key.pem`, and `openssl pkey -in key.pem -pubout -out key.pub`.',
      es: 'Debe ser una clave Ed25519 en PEM: `openssl genpkey -algorithm ed25519 -out key.pem` y `openssl pkey -in key.pem -pubout -out key.pub`.',
      fr: 'Il faut une clé Ed25519 en PEM : `openssl genpkey -algorithm ed25519 -out key.pem`, puis `openssl pkey -in key.pem -pubout -out key.pub`.',
    },
  },
  'RAS-RULES-EXISTS': {
    message: {
      en: '{path} is there already.',
      es: '{path} ya existe.',
      fr: '{path} existe déjà.',
    },
    hint: {
      en: 'Nothing is written over. Give another name or folder.',
      es: 'No se sobrescribe nada. Indique otro nombre u otra carpeta.',
      fr: 'Rien n’est écrasé. Donnez un autre nom ou un autre dossier.',
    },
  },
  'RAS-RULES-HISTORY-FEED': {
    message: {
      en: 'The store has rows of the feed {feed}, and not what this feed provides: rules would take every field for absent.',
      es: 'El almacén tiene filas de la fuente {feed}, pero no lo que esta fuente aporta: las reglas darían todo campo por ausente.',
      fr: 'L’entrepôt contient des lignes du flux {feed}, mais pas ce que ce flux fournit : les règles tiendraient tout champ pour absent.',
    },
    hint: {
      en: 'Workers store it with the rows. `rastro run` keeps it in the data folder: give that with --data-dir and --from-store, without --config.',
      es: 'Los procesos worker lo guardan con las filas. `rastro run` lo deja en la carpeta de datos: indíquela con --data-dir y --from-store, sin --config.',
      fr: 'Les processus worker l’enregistrent avec les lignes. `rastro run` le garde dans le dossier de données : donnez-le avec --data-dir et --from-store, sans --config.',
    },
  },
  'RAS-RULES-NO-HISTORY': {
    message: {
      en: 'There is no history in {where}.',
      es: 'No hay historial en {where}.',
      fr: 'Il n’y a pas d’historique dans {where}.',
    },
    hint: {
      en: 'Give the data folder of a run with --data-dir, a server with --config, or files of a feed.',
      es: 'Indique la carpeta de datos de una ejecución con --data-dir, un servidor con --config, o archivos de una fuente.',
      fr: 'Donnez le dossier de données d’une exécution avec --data-dir, un serveur avec --config, ou des fichiers d’un flux.',
    },
  },
  'RAS-RULES-PEERS-DAY': {
    message: {
      en: 'Peers of {day} cannot be computed: {detail}.',
      es: 'No se pueden calcular los pares del {day}: {detail}.',
      fr: 'Les pairs du {day} ne peuvent pas être calculés : {detail}.',
    },
    hint: {
      en: 'A table is made of a complete UTC day and of the windows before it: give all of that history, or an earlier day.',
      es: 'Una tabla se hace de un día UTC completo y de las ventanas anteriores: dé toda esa historia o un día anterior.',
      fr: 'Une table est faite d’un jour UTC complet et des fenêtres qui le précèdent : donnez tout cet historique, ou un jour antérieur.',
    },
  },
  'RAS-RULES-PEERS-GROUPS': {
    message: {
      en: 'The peers {name} have {count} groups, more than {limit}.',
      es: 'Los pares {name} tienen {count} grupos, más de {limit}.',
      fr: 'Les pairs {name} ont {count} groupes, plus de {limit}.',
    },
    hint: {
      en: 'Take a field out of `by`, or raise `minAccounts`.',
      es: 'Quite un campo de `by` o aumente `minAccounts`.',
      fr: 'Retirez un champ de `by` ou augmentez `minAccounts`.',
    },
  },
  'RAS-RULES-PEERS-OTHER': {
    message: {
      en: 'The tables of {day} were not put in force: no rule set from then on defines these peers in this way.',
      es: 'Las tablas del {day} no se pusieron en vigor: ningún conjunto de reglas desde entonces define así estos pares.',
      fr: 'Les tables du {day} n’ont pas été mises en vigueur : aucun jeu de règles à partir de là ne définit ainsi ces pairs.',
    },
    hint: {
      en: 'Other rules came into force while they were made: run the command once more.',
      es: 'Otras reglas entraron en vigor mientras se hacían: ejecute la orden otra vez.',
      fr: 'D’autres règles sont entrées en vigueur pendant leur calcul : relancez la commande.',
    },
  },
});
