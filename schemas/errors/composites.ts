/** Error codes of the area `composites`: what is wrong in a composite typology or in the playbook. */
import { defineErrors } from './define.ts';

export const compositeErrors = defineErrors({
  'RAS-COMPOSITE-SIZE': {
    message: {
      en: 'The file has {bytes} bytes; at most {max} are read.',
      es: 'El archivo tiene {bytes} bytes; se leen como máximo {max}.',
      fr: 'Le fichier a {bytes} octets ; {max} au plus sont lus.',
    },
    hint: {
      en: 'Split the file.',
      es: 'Divida el archivo.',
      fr: 'Divisez le fichier.',
    },
  },
  'RAS-COMPOSITE-YAML': {
    message: {
      en: 'The file is not valid YAML: {detail}.',
      es: 'El archivo no es YAML válido: {detail}.',
      fr: 'Le fichier n’est pas du YAML valide : {detail}.',
    },
    hint: {
      en: 'Correct the text at this position.',
      es: 'Corrija el texto en esta posición.',
      fr: 'Corrigez le texte à cette position.',
    },
  },
  'RAS-COMPOSITE-SCHEMA': {
    message: {
      en: '{where}: {detail}.',
      es: '{where}: {detail}.',
      fr: '{where} : {detail}.',
    },
    hint: {
      en: '`rastro schema composite` and `rastro schema playbook` print what a file may hold.',
      es: '`rastro schema composite` y `rastro schema playbook` muestran lo que un archivo puede contener.',
      fr: '`rastro schema composite` et `rastro schema playbook` montrent ce qu’un fichier peut contenir.',
    },
  },
  'RAS-COMPOSITE-DUPLICATE-ID': {
    message: {
      en: 'The id {id} is already used in {other}.',
      es: 'El id {id} ya se usa en {other}.',
      fr: 'L’id {id} est déjà utilisé dans {other}.',
    },
    hint: {
      en: 'Give each composite its own id.',
      es: 'Dé a cada compuesto su propio id.',
      fr: 'Donnez à chaque composite son propre id.',
    },
  },
  'RAS-COMPOSITE-UNKNOWN-RULE': {
    message: {
      en: 'There is no rule {rule}.',
      es: 'No existe la regla {rule}.',
      fr: 'Il n’y a pas de règle {rule}.',
    },
    hint: {
      en: '`rastro rules list` prints the ids of all rules.',
      es: '`rastro rules list` muestra los ids de todas las reglas.',
      fr: '`rastro rules list` affiche les ids de toutes les règles.',
    },
  },
  'RAS-COMPOSITE-LEG': {
    message: {
      en: '{rule} is a leg: it feeds a rule over signals and is never counted itself.',
      es: '{rule} es un tramo: alimenta una regla sobre señales y nunca se cuenta.',
      fr: '{rule} est un segment : il alimente une règle sur signaux et n’est jamais compté.',
    },
    hint: {
      en: 'Name the rule that reads the leg; a leg may stand under benign.',
      es: 'Nombre la regla que lee el tramo; un tramo puede figurar en benign.',
      fr: 'Nommez la règle qui lit le segment ; un segment peut figurer sous benign.',
    },
  },
  'RAS-COMPOSITE-UNSATISFIABLE': {
    message: {
      en: '{id} is live, but the live rules cannot satisfy it: {detail}.',
      es: '{id} está activo, pero las reglas activas no pueden satisfacerlo: {detail}.',
      fr: '{id} est actif, mais les règles actives ne peuvent le satisfaire : {detail}.',
    },
    hint: {
      en: 'Bring the missing rules live, or set the status of the composite to waiting.',
      es: 'Active las reglas que faltan o ponga el compuesto en estado waiting.',
      fr: 'Activez les règles manquantes, ou mettez le composite à l’état waiting.',
    },
  },
  'RAS-COMPOSITE-ONE-FAMILY': {
    message: {
      en: 'Rules of the family {family} alone satisfy this alternative.',
      es: 'Reglas de la sola familia {family} satisfacen esta alternativa.',
      fr: 'Des règles de la seule famille {family} satisfont cette variante.',
    },
    hint: {
      en: 'Ask for `families: 2` in the clause, or add a clause of another family.',
      es: 'Pida `families: 2` en la cláusula o añada una cláusula de otra familia.',
      fr: 'Demandez `families: 2` dans la clause, ou ajoutez une clause d’une autre famille.',
    },
  },
  'RAS-COMPOSITE-WEAK': {
    message: {
      en: 'Rules of a weight below {weight} alone satisfy this alternative.',
      es: 'Reglas de peso menor que {weight} bastan para esta alternativa.',
      fr: 'Des règles d’un poids inférieur à {weight} suffisent à cette variante.',
    },
    hint: {
      en: 'Weak signals never alert alone: require one rule of that weight.',
      es: 'Las señales débiles nunca alertan solas: exija una regla de ese peso.',
      fr: 'Les signaux faibles n’alertent jamais seuls : exigez une règle de ce poids.',
    },
  },
  'RAS-COMPOSITE-ALONE': {
    message: {
      en: '{rule} cannot open an alert alone.',
      es: '{rule} no puede abrir por sí sola una alerta.',
      fr: '{rule} ne peut ouvrir seule une alerte.',
    },
    hint: {
      en: 'Only a rule listed under lifeSafety.rules whose holder is one to protect, attributed with weight 0, may do so.',
      es: 'Solo puede hacerlo una regla de lifeSafety.rules cuyo titular deba protegerse y reciba peso 0.',
      fr: 'Seule le peut une règle de lifeSafety.rules dont le titulaire est à protéger et reçoit le poids 0.',
    },
  },
  'RAS-COMPOSITE-LEVELS': {
    message: {
      en: 'The level high begins at {high}, below medium at {medium}.',
      es: 'El nivel alto empieza en {high}, por debajo del medio en {medium}.',
      fr: 'Le niveau élevé commence à {high}, sous le moyen à {medium}.',
    },
    hint: {
      en: 'Set highMilli at or above mediumMilli.',
      es: 'Ponga highMilli igual o mayor que mediumMilli.',
      fr: 'Mettez highMilli au moins à mediumMilli.',
    },
  },
  'RAS-COMPOSITE-WITHIN': {
    message: {
      en: 'A window of {days} days is longer than the {max} days that are kept.',
      es: 'Una ventana de {days} días supera los {max} días que se conservan.',
      fr: 'Une fenêtre de {days} jours dépasse les {max} jours conservés.',
    },
    hint: {
      en: 'Shorten `within`.',
      es: 'Acorte `within`.',
      fr: 'Raccourcissez `within`.',
    },
  },
  'RAS-COMPOSITE-PLACEHOLDER': {
    message: {
      en: '{where}: the placeholder {name} is unknown or is not in all three languages.',
      es: '{where}: el marcador {name} es desconocido o no está en los tres idiomas.',
      fr: '{where} : le repère {name} est inconnu ou absent de l’une des trois langues.',
    },
    hint: {
      en: 'Known are: {known}.',
      es: 'Se conocen: {known}.',
      fr: 'Sont connus : {known}.',
    },
  },
  'RAS-COMPOSITE-UNKNOWN-KEY': {
    message: {
      en: 'The playbook has no {part} entry {key}.',
      es: 'El manual de actuación no tiene la entrada {key} en {part}.',
      fr: 'Le guide d’action n’a pas d’entrée {key} dans {part}.',
    },
    hint: {
      en: 'Add it to rules/composites/playbook.yaml, or correct the key.',
      es: 'Añádala a rules/composites/playbook.yaml o corrija la clave.',
      fr: 'Ajoutez-la à rules/composites/playbook.yaml, ou corrigez la clé.',
    },
  },
  'RAS-COMPOSITE-CASE-SIGNAL': {
    message: {
      en: 'No signal of {rule} comes as `on: {on}` says.',
      es: 'Ninguna señal de {rule} llega como dice `on: {on}`.',
      fr: 'Aucun signal de {rule} n’arrive comme le dit `on: {on}`.',
    },
    hint: {
      en: 'own: the rule gives weight to its holder or, with `observed`, to another; weightless: it names somebody without weight; companion: it reads events, and its carrier has the weight.',
      es: 'own: la regla da peso a su titular o, con `observed`, a otra persona; weightless: nombra a alguien sin peso; companion: lee eventos y el peso es de quien la lleva.',
      fr: 'own : la règle donne du poids à son titulaire ou, avec `observed`, à un autre ; weightless : elle nomme quelqu’un sans poids ; companion : elle lit des événements, et le poids est celui du porteur.',
    },
  },
  'RAS-COMPOSITE-CASE-CARRIER': {
    message: {
      en: 'No own signal of the case fired on holder {holder} when {rule} had: nothing carries it.',
      es: 'Ninguna señal propia del caso se activó sobre el titular {holder} cuando {rule} ya lo había hecho: nada la lleva.',
      fr: 'Aucun signal propre du cas ne s’est déclenché sur le titulaire {holder} quand {rule} l’avait fait : rien ne le porte.',
    },
    hint: {
      en: 'Add an own signal with the same `observed`, not earlier, whose rule gives weight to another than its holder.',
      es: 'Añada una señal propia con el mismo `observed`, no anterior, cuya regla dé peso a alguien distinto de su titular.',
      fr: 'Ajoutez un signal propre avec le même `observed`, non antérieur, dont la règle donne du poids à un autre que son titulaire.',
    },
  },
  'RAS-COMPOSITE-CASE-TERM': {
    message: {
      en: 'The composite has no benign term {id}.',
      es: 'El compuesto no tiene el término benigno {id}.',
      fr: 'Le composite n’a pas de terme bénin {id}.',
    },
    hint: {
      en: 'Name an id of its `benign`.',
      es: 'Nombre un id de su `benign`.',
      fr: 'Nommez un id de son `benign`.',
    },
  },
  'RAS-COMPOSITE-CASE-ASSUMES': {
    message: {
      en: '{rule} is {status}: there is nothing to assume.',
      es: '{rule} es {status}: no hay nada que suponer.',
      fr: '{rule} est {status} : il n’y a rien à supposer.',
    },
    hint: {
      en: 'Take it out of `assumes`, which names rules that are experimental or waiting.',
      es: 'Quítela de `assumes`, que nombra reglas experimental o waiting.',
      fr: 'Retirez-la de `assumes`, qui nomme des règles experimental ou waiting.',
    },
  },
});
