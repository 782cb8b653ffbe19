/** Error codes of the area `bus`: memberships of consumer groups. */
import { defineErrors } from './define.ts';

export const busGroupErrors = defineErrors({
  'RAS-BUS-GROUP-STALLED': {
    message: {
      en: 'No records came from Kafka for {seconds} s: {detail}.',
      es: 'No llegaron registros de Kafka durante {seconds} s: {detail}.',
      fr: 'Aucun enregistrement n’est venu de Kafka pendant {seconds} s : {detail}.',
    },
    hint: {
      en: 'The process ends so that it is started anew, from its checkpoints; if this repeats, check the brokers.',
      es: 'El proceso termina para que se arranque de nuevo desde sus puntos de control; si se repite, revise los brókers.',
      fr: 'Le processus se termine pour être relancé depuis ses points de reprise ; si cela se répète, vérifiez les brokers.',
    },
  },
  'RAS-BUS-GROUP-ENDED': {
    message: {
      en: 'The Kafka client ended its membership of group {group}: {detail}.',
      es: 'El cliente de Kafka terminó su pertenencia al grupo {group}: {detail}.',
      fr: 'Le client Kafka a mis fin à son appartenance au groupe {group} : {detail}.',
    },
    hint: {
      en: 'Start the process again; if this repeats, check rights on the group and the brokers’ logs.',
      es: 'Arranque de nuevo el proceso; si se repite, revise los permisos del grupo y los registros de los brókers.',
      fr: 'Relancez le processus ; si cela se répète, vérifiez les droits sur le groupe et les journaux des brokers.',
    },
  },
  'RAS-BUS-GROUP-VERSION': {
    message: {
      en: 'Group {group} has members that deal out partitions in another way than this one ({own}).',
      es: 'El grupo {group} tiene miembros que reparten las particiones de otra forma que este ({own}).',
      fr: 'Le groupe {group} a des membres qui répartissent les partitions autrement que celui-ci ({own}).',
    },
    hint: {
      en: 'Stop every member of the group, then start them all in the same version with the same topics.',
      es: 'Detenga todos los miembros del grupo y arránquelos en la misma versión con los mismos temas.',
      fr: 'Arrêtez tous les membres du groupe, puis relancez-les dans la même version avec les mêmes sujets.',
    },
  },
  'RAS-BUS-GROUP-PARTITIONS': {
    message: {
      en: 'Topics that belong together have different numbers of partitions: {detail}.',
      es: 'Temas que van juntos tienen distinto número de particiones: {detail}.',
      fr: 'Des sujets qui vont ensemble ont des nombres de partitions différents : {detail}.',
    },
    hint: {
      en: 'Make them with `rastro topics apply`; the number is fixed once records are there.',
      es: 'Créelos con `rastro topics apply`; el número queda fijo en cuanto hay registros.',
      fr: 'Créez-les avec `rastro topics apply` ; le nombre est fixé dès qu’il y a des enregistrements.',
    },
  },
  'RAS-BUS-GROUP-STUCK': {
    message: {
      en: 'Partition {partition} of {topic} went to another member, and work on it did not end in {seconds} s.',
      es: 'La partición {partition} de {topic} pasó a otro miembro y el trabajo en ella no terminó en {seconds} s.',
      fr: 'La partition {partition} de {topic} est passée à un autre membre, et son traitement ne s’est pas arrêté en {seconds} s.',
    },
    hint: {
      en: 'The process ends so that the partition can move; check whether the store answers.',
      es: 'El proceso termina para que la partición pueda moverse; compruebe que el almacén responde.',
      fr: 'Le processus se termine pour que la partition puisse bouger ; vérifiez que le stockage répond.',
    },
  },
  'RAS-BUS-GROUP-MEMBER': {
    message: {
      en: 'Work on records of group {group} failed: {detail}.',
      es: 'Falló el trabajo sobre registros del grupo {group}: {detail}.',
      fr: 'Le traitement d’enregistrements du groupe {group} a échoué : {detail}.',
    },
    hint: {
      en: 'Nothing is lost: the records are read again at the next start. Report this with the code if it comes back.',
      es: 'No se pierde nada: los registros se leen de nuevo al arrancar. Informe este código si se repite.',
      fr: 'Rien n’est perdu : les enregistrements sont relus au prochain démarrage. Signalez ce code s’il revient.',
    },
  },
});
