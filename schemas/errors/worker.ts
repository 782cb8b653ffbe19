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
      en: 'Partition {partition} of transactions begins at offset {begin}: what came before is gone, and there is no checkpoint to go on from.',
      es: 'La partición {partition} de transactions comienza en el offset {begin}: lo anterior ya no está, y no hay un punto de control desde el cual seguir.',
      fr: 'La partition {partition} de transactions commence à l’offset {begin} : ce qui précède a disparu, et il n’y a pas de point de reprise.',
    },
    hint: {
      en: 'Bring back the checkpoint folder of the worker that had it, or keep transactions longer (retention of the topic).',
      es: 'Restaure la carpeta de puntos de control del worker que la tenía, o conserve transactions por más tiempo (retención del tópico).',
      fr: 'Rétablissez le dossier des points de reprise du worker qui l’avait, ou conservez transactions plus longtemps (rétention du sujet).',
    },
  },
});
