/**
 * Every sentence that compose itself writes, in three languages. A sentence states a fact, or says that it is an
 * inference, or says what is not known; none states guilt, and none names what was done to a person.
 */
import type { Localized } from '../../schemas/errors/define.ts';

export const ROLE_REASONS = {
  severalPersons: {
    en: 'The activity of {persons} other persons leads to this one.',
    es: 'La actividad de {persons} personas distintas conduce a esta.',
    fr: 'L’activité de {persons} autres personnes mène à celle-ci.',
  },
  onePerson: {
    en: 'The activity of one other person leads to this one; that alone gives low confidence.',
    es: 'La actividad de una sola persona distinta conduce a esta; eso solo da confianza baja.',
    fr: 'L’activité d’une seule autre personne mène à celle-ci ; cela seul donne une confiance faible.',
  },
  ownHistory: {
    en: 'Only the own account shows the pattern; no other person’s activity leads here.',
    es: 'Solo la cuenta propia muestra el patrón; la actividad de ninguna otra persona conduce aquí.',
    fr: 'Seul le propre compte montre le schéma ; l’activité d’aucune autre personne ne mène ici.',
  },
  victimShaped: {
    en: 'The account shows a pattern in which another person may control the holder’s money.',
    es: 'La cuenta muestra un patrón en el que otra persona puede controlar el dinero del titular.',
    fr: 'Le compte montre un schéma où une autre personne peut contrôler l’argent du titulaire.',
  },
  nothingAttributed: {
    en: 'Nothing attributes control or collection of others’ money to this person.',
    es: 'Nada atribuye a esta persona el control o la recolección de dinero ajeno.',
    fr: 'Rien n’attribue à cette personne le contrôle ou la collecte de l’argent d’autrui.',
  },
  survivorSafe: {
    en: 'Marked by authorised staff as a survivor’s party.',
    es: 'Marcada por personal autorizado como parte de una persona sobreviviente.',
    fr: 'Marquée par du personnel autorisé comme partie d’une personne survivante.',
  },
  protectionWins: {
    en: 'Where both roles meet in one person, protection wins.',
    es: 'Cuando ambos papeles coinciden en una persona, prevalece la protección.',
    fr: 'Quand les deux rôles se rejoignent en une personne, la protection prévaut.',
  },
  passesOn: {
    en: 'Collects from several persons to protect and passes most of it on to the subject.',
    es: 'Reúne lo de varias personas por proteger y pasa la mayor parte al sujeto.',
    fr: 'Réunit ce qui vient de plusieurs personnes à protéger et en transmet l’essentiel au sujet.',
  },
  notAPerson: {
    en: 'Not a natural person; its part is not established.',
    es: 'No es una persona física; su papel no está establecido.',
    fr: 'N’est pas une personne physique ; son rôle n’est pas établi.',
  },
} as const satisfies Readonly<Record<string, Localized>>;

export const GAPS = {
  otherBanks: {
    en: 'Only what {banks} reported was seen; accounts elsewhere and cash outside banks were not.',
    es: 'Solo se vio lo que informó {banks}; no las cuentas en otras instituciones ni el efectivo fuera de ellas.',
    fr: 'Seul ce que {banks} a déclaré a été vu ; ni les comptes ailleurs, ni les espèces hors des banques.',
  },
  notHere: {
    en: '{count} evidence transactions are not at hand here; totals and flows leave them out.',
    es: '{count} operaciones de evidencia no están disponibles aquí; los totales y flujos no las incluyen.',
    fr: '{count} opérations probantes ne sont pas disponibles ici ; totaux et flux ne les comptent pas.',
  },
  cut: {
    en: 'A signal names more transactions than it lists; totals cover the listed ones.',
    es: 'Una señal tiene más operaciones de las que enumera; los totales cubren las enumeradas.',
    fr: 'Un signal porte sur plus d’opérations qu’il n’en cite ; les totaux couvrent celles citées.',
  },
  edgesCut: {
    en: '{count} smaller flows are left out of the list.',
    es: '{count} flujos menores quedan fuera de la lista.',
    fr: '{count} flux plus petits sont laissés hors de la liste.',
  },
  balance: {
    en: 'The balance still reachable is not known: no row of the subject’s institution states it.',
    es: 'No se conoce el saldo aún disponible: ningún registro de la institución del sujeto lo indica.',
    fr: 'Le solde encore accessible n’est pas connu : aucune ligne de l’institution du sujet ne l’indique.',
  },
  coverage: {
    en: 'Some evidence comes from accounts that are not fully visible ({coverage}).',
    es: 'Parte de la evidencia viene de cuentas que no se ven por completo ({coverage}).',
    fr: 'Une partie des preuves vient de comptes qui ne sont pas entièrement visibles ({coverage}).',
  },
  precision: {
    en: 'Some times are known only as dates; time of day and holding times were not judged there.',
    es: 'Algunas horas se conocen solo como fechas; ahí no se evaluó la hora del día ni la permanencia del dinero.',
    fr: 'Certaines heures ne sont connues que comme dates ; l’heure et la durée de détention n’y ont pas été jugées.',
  },
  truncated: {
    en: 'A history was longer than is read; older events are not in the values.',
    es: 'Un historial era más largo de lo que se lee; los eventos más antiguos no están en los valores.',
    fr: 'Un historique dépassait ce qui est lu ; les événements plus anciens ne sont pas dans les valeurs.',
  },
  reversed: {
    en: 'Part of the evidence was reversed later.',
    es: 'Parte de la evidencia fue revertida después.',
    fr: 'Une partie des preuves a été annulée ensuite.',
  },
  notEvaluable: {
    en: 'Not evaluable with these data: {rules}. That they did not fire says nothing.',
    es: 'No evaluables con estos datos: {rules}. Que no se activaran no dice nada.',
    fr: 'Non évaluables avec ces données : {rules}. Leur silence ne dit rien.',
  },
  companionsAway: {
    en: 'The transactions of {count} companion signals are not at hand here.',
    es: 'Las operaciones de {count} señales acompañantes no están disponibles aquí.',
    fr: 'Les opérations de {count} signaux d’accompagnement ne sont pas disponibles ici.',
  },
} as const satisfies Readonly<Record<string, Localized>>;

export const NARRATIVE = {
  secondHop: {
    en: '; reached over two hops of the money, through {through}, who collects: at {share} of the weight',
    es: '; alcanzada en dos saltos del dinero, a través de {through}, quien reúne: a {share} del peso',
    fr: ' ; atteinte en deux sauts de l’argent, par {through}, qui collecte : à {share} du poids',
  },
  notSeen: {
    en: '; not seen: accounts and cash beyond {banks}{also}.',
    es: '; no se vio: cuentas y efectivo fuera de {banks}{also}.',
    fr: ' ; non vu : comptes et espèces au-delà de {banks}{also}.',
  },
  alsoNotEvaluable: {
    en: ', nor {count} indicators that these data cannot show',
    es: ', ni {count} indicadores que estos datos no pueden mostrar',
    fr: ', ni {count} indicateurs que ces données ne peuvent montrer',
  },
  facts: {
    en: 'Facts. From {from} to {to}, {transactions} transactions reported by {institutions} are evidence. Money that came to the parties of this alert: {in}; that left them: {out}; in cash: {cash}; net to {subject}: {net}.',
    es: 'Hechos. Del {from} al {to}, {transactions} operaciones informadas por {institutions} son evidencia. Dinero que llegó a las partes de esta alerta: {in}; que salió de ellas: {out}; en efectivo: {cash}; neto a {subject}: {net}.',
    fr: 'Faits. Du {from} au {to}, {transactions} opérations déclarées par {institutions} sont des preuves. Argent reçu par les parties de cette alerte : {in} ; sorti d’elles : {out} ; en espèces : {cash} ; net pour {subject} : {net}.',
  },
  indicator: {
    en: '{title} ({rule}, on {observedOn}): {explain}',
    es: '{title} ({rule}, en {observedOn}): {explain}',
    fr: '{title} ({rule}, sur {observedOn}) : {explain}',
  },
  moreIndicators: {
    en: 'And {count} more indicators, listed below.',
    es: 'Y {count} indicadores más, enumerados abajo.',
    fr: 'Et {count} autres indicateurs, énumérés ci-dessous.',
  },
  protectedPersons: {
    en: '{count} persons are treated as protected, not suspected; no weight falls on them.',
    es: '{count} personas se tratan como protegidas, no sospechosas; ningún peso recae en ellas.',
    fr: '{count} personnes sont traitées comme protégées, non soupçonnées ; aucun poids ne porte sur elles.',
  },
  inference: {
    en: 'Inference. {narrative} The score is {score} (level {level}); this is a pattern to examine, not a finding.',
    es: 'Inferencia. {narrative} El puntaje es {score} (nivel {level}); es un patrón por examinar, no una conclusión.',
    fr: 'Inférence. {narrative} Le score est de {score} (niveau {level}) ; c’est un schéma à examiner, pas une conclusion.',
  },
  benign: {
    en: 'Benign explanations: {failed} hold in part, {passed} tested and not seen, {unknown} could not be tested.',
    es: 'Explicaciones benignas: {failed} se sostienen en parte, {passed} probadas y no vistas, {unknown} no se pudieron probar.',
    fr: 'Explications bénignes : {failed} tiennent en partie, {passed} testées et non vues, {unknown} n’ont pu être testées.',
  },
  unknown: {
    en: 'Not known. {gaps}',
    es: 'No se sabe. {gaps}',
    fr: 'Non connu. {gaps}',
  },
  nothing: { en: 'none', es: 'nada', fr: 'rien' },
} as const satisfies Readonly<Record<string, Localized>>;

export const LEVEL_NAMES = {
  medium: { en: 'medium', es: 'medio', fr: 'moyen' },
  high: { en: 'high', es: 'alto', fr: 'élevé' },
} as const satisfies Readonly<Record<string, Localized>>;
