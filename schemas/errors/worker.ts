/** Error codes of the area `worker`: a process that takes partitions of the log and evaluates them. */
import { defineErrors } from './define.ts';

export const workerErrors = defineErrors({
  'RAS-WORKER-PARTITIONS': {
    message: {
      en: 'Topic transactions has {transactions} partitions and signals {signals}; they must have the same number.',
      es: 'El tópico transactions tiene {transactions} particiones y signals {signals}; deben tener el mismo número.',
      fr: 'Le sujet transactions a {transactions} partitions et signals {signals} ; ils doivent en avoir autant.',
    },
    hint: {
      en: 'Create both with "rastro topics apply"; the number is fixed once records are there.',
      es: 'Cree ambos con "rastro topics apply"; el número queda fijo una vez que hay registros.',
      fr: 'Créez les deux avec « rastro topics apply » ; le nombre est fixé dès qu’il y a des enregistrements.',
    },
  },
  'RAS-WORKER-HISTORY-GONE': {
    message: {
      en: 'Partition {partition} of transactions begins at offset {begin}, there is no checkpoint to go on from, and of the records before that the store has none from {stored} on.',
      es: 'La partición {partition} de transactions comienza en el offset {begin}, no hay un punto de control desde el cual seguir, y de los registros anteriores el almacén no tiene ninguno desde {stored}.',
      fr: 'La partition {partition} de transactions commence à l’offset {begin}, il n’y a pas de point de reprise, et des enregistrements précédents le magasin n’en a pas à partir de {stored}.',
    },
    hint: {
      en: 'Records went from the topic before they were stored: restore the checkpoint folder of the worker that had the partition, or a backup of the store; keep transactions longer (retention of the topic).',
      es: 'Hubo registros que desaparecieron del tópico antes de guardarse: restaure la carpeta de puntos de control del worker que tenía la partición, o un respaldo del almacén; conserve transactions por más tiempo (retención del tópico).',
      fr: 'Des enregistrements ont quitté le sujet avant d’être stockés : rétablissez le dossier des points de reprise du worker qui avait la partition, ou une sauvegarde du magasin ; conservez transactions plus longtemps (rétention du sujet).',
    },
  },
  'RAS-WORKER-ROWS-GONE': {
    message: {
      en: '{rows} rows that partition {partition} was made of are not in the store any more.',
      es: '{rows} filas de las que se hizo la partición {partition} ya no están en el almacén.',
      fr: '{rows} lignes dont la partition {partition} a été faite ne sont plus dans le magasin.',
    },
    hint: {
      en: 'What rested on them is taken back. No retention run did this: it would have taken them out of log_records, too. Restore the table transactions from a backup and empty the worker’s state.',
      es: 'Lo que se apoyaba en ellas se retira. No fue una ejecución de retención: las habría quitado también de log_records. Restaure la tabla transactions de un respaldo y vacíe el estado del worker.',
      fr: 'Ce qui reposait sur elles est retiré. Ce n’est pas une exécution de rétention : elle les aurait aussi ôtées de log_records. Rétablissez la table transactions d’une sauvegarde et videz l’état du worker.',
    },
  },
});
