/** Error codes of the area `rules`. */
import { defineErrors } from './define.ts';

export const rulesErrors = defineErrors({
  'RAS-RULES-REFERENCE-INVALID': {
    message: {
      en: 'The reference file {file} is not valid: {detail}.',
      es: 'El archivo de referencia {file} no es válido: {detail}.',
      fr: 'Le fichier de référence {file} n’est pas valide : {detail}.',
    },
    hint: {
      en: 'Correct the file; rules/reference/README.md describes each kind. A file of a rules folder stands in for the shipped one of the same name.',
      es: 'Corrija el archivo; rules/reference/README.md describe cada clase. Un archivo de una carpeta de reglas reemplaza al incluido del mismo nombre.',
      fr: 'Corrigez le fichier ; rules/reference/README.md décrit chaque sorte. Un fichier d’un dossier de règles remplace celui du même nom qui est fourni.',
    },
  },
  'RAS-RULES-YAML': {
    message: {
      en: 'The file is not valid YAML: {detail}.',
      es: 'El archivo no es YAML válido: {detail}.',
      fr: 'Le fichier n’est pas du YAML valide : {detail}.',
    },
    hint: {
      en: 'Mend the syntax at this place.',
      es: 'Corrija la sintaxis en este lugar.',
      fr: 'Corrigez la syntaxe à cet endroit.',
    },
  },
  'RAS-RULES-SIZE': {
    message: {
      en: 'The file has {bytes} bytes; a rule file may have {max}.',
      es: 'El archivo tiene {bytes} bytes; un archivo de regla puede tener {max}.',
      fr: 'Le fichier compte {bytes} octets ; un fichier de règle peut en compter {max}.',
    },
    hint: {
      en: 'Move long lists to rules/lists, or split the rule.',
      es: 'Mueva las listas largas a rules/lists o divida la regla.',
      fr: 'Déplacez les longues listes vers rules/lists, ou scindez la règle.',
    },
  },
  'RAS-RULES-SHAPE': {
    message: {
      en: '{where}: {detail}.',
      es: '{where}: {detail}.',
      fr: '{where} : {detail}.',
    },
    hint: {
      en: 'The shape of a rule file is in the JSON Schema of rules; `rastro schema rule` prints it.',
      es: 'La forma de un archivo de regla está en el JSON Schema de reglas; `rastro schema rule` lo imprime.',
      fr: 'La forme d’un fichier de règle est dans le JSON Schema des règles ; `rastro schema rule` l’imprime.',
    },
  },
  'RAS-RULES-EXPRESSION': {
    message: {
      en: 'The expression cannot be read: {detail}.',
      es: 'La expresión no se puede leer: {detail}.',
      fr: 'L’expression est illisible : {detail}.',
    },
    hint: {
      en: 'Expressions are CEL: `a >= params.x && b == "text"`.',
      es: 'Las expresiones son CEL: `a >= params.x && b == "texto"`.',
      fr: 'Les expressions sont du CEL : `a >= params.x && b == "texte"`.',
    },
  },
  'RAS-RULES-OPERATOR': {
    message: {
      en: '`{what}` is not part of the language of rules.',
      es: '`{what}` no es parte del lenguaje de las reglas.',
      fr: '`{what}` ne fait pas partie du langage des règles.',
    },
    hint: {
      en: 'Rules use && || ! == != < <= > >= in + - * and ratio(a, b); see rules/SEMANTICS.md.',
      es: 'Las reglas usan && || ! == != < <= > >= in + - * y ratio(a, b); vea rules/SEMANTICS.md.',
      fr: 'Les règles utilisent && || ! == != < <= > >= in + - * et ratio(a, b) ; voir rules/SEMANTICS.md.',
    },
  },
  'RAS-RULES-NAME': {
    message: {
      en: '`{name}` is not known here.',
      es: '`{name}` no se conoce aquí.',
      fr: '`{name}` n’est pas connu ici.',
    },
    hint: {
      en: 'An expression over events may name fields, `let` and features declared before it; `when` may name features and params.',
      es: 'Una expresión sobre eventos puede nombrar campos, `let` y características declaradas antes; `when` puede nombrar características y params.',
      fr: 'Une expression sur des événements peut nommer des champs, des `let` et des caractéristiques déclarées avant ; `when` peut nommer des caractéristiques et des params.',
    },
  },
  'RAS-RULES-DERIVED': {
    message: {
      en: '`{name}` is no field of the sub-events of a `{make}`.',
      es: '`{name}` no es un campo de los subeventos de `{make}`.',
      fr: '`{name}` n’est pas un champ des sous-événements de `{make}`.',
    },
    hint: {
      en: 'Beside the fields of their last event they have: {fields}.',
      es: 'Además de los campos de su último evento tienen: {fields}.',
      fr: 'Outre les champs de leur dernier événement, ils ont : {fields}.',
    },
  },
  'RAS-RULES-SUPPLIED': {
    message: {
      en: '`{name}` is a supplied property: nothing here works it out yet.',
      es: '`{name}` es una propiedad suministrada: nada aquí la calcula todavía.',
      fr: '`{name}` est une propriété fournie : rien ici ne la calcule encore.',
    },
    hint: {
      en: 'Only a rule of status `waiting` may read supplied properties; see docs/event-fields.md.',
      es: 'Solo una regla de estado `waiting` puede leer propiedades suministradas; vea docs/event-fields.md.',
      fr: 'Seule une règle au statut `waiting` peut lire des propriétés fournies ; voir docs/event-fields.md.',
    },
  },
  'RAS-RULES-ORDER': {
    message: {
      en: '`{name}` is declared later than this use of it.',
      es: '`{name}` se declara después de este uso.',
      fr: '`{name}` est déclaré après cet usage.',
    },
    hint: {
      en: 'Declare it above what reads it.',
      es: 'Declárelo antes de lo que lo lee.',
      fr: 'Déclarez-le au-dessus de ce qui le lit.',
    },
  },
  'RAS-RULES-TYPE': {
    message: {
      en: 'Expected {expected}, found {found}.',
      es: 'Se esperaba {expected}, se encontró {found}.',
      fr: '{expected} attendu, {found} trouvé.',
    },
    hint: {
      en: 'Nothing converts implicitly; the types of fields are in schemas/event-fields.ts.',
      es: 'Nada se convierte de forma implícita; los tipos de los campos están en schemas/event-fields.ts.',
      fr: 'Rien n’est converti implicitement ; les types des champs sont dans schemas/event-fields.ts.',
    },
  },
  'RAS-RULES-COLLISION': {
    message: {
      en: 'The name `{name}` already means something else.',
      es: 'El nombre `{name}` ya significa otra cosa.',
      fr: 'Le nom `{name}` désigne déjà autre chose.',
    },
    hint: {
      en: 'Fields, `let`, derived kinds and features share one space of names; choose another.',
      es: 'Campos, `let`, tipos derivados y características comparten un espacio de nombres; elija otro.',
      fr: 'Champs, `let`, types dérivés et caractéristiques partagent un espace de noms ; choisissez-en un autre.',
    },
  },
  'RAS-RULES-UNUSED': {
    message: {
      en: '`{name}` is declared and never read.',
      es: '`{name}` se declara y nunca se lee.',
      fr: '`{name}` est déclaré et jamais lu.',
    },
    hint: {
      en: 'Read it, or take it out.',
      es: 'Léalo o quítelo.',
      fr: 'Lisez-le, ou retirez-le.',
    },
  },
  'RAS-RULES-WINDOW': {
    message: {
      en: 'The window cannot be: {detail}.',
      es: 'La ventana no puede ser: {detail}.',
      fr: 'La fenêtre est impossible : {detail}.',
    },
    hint: {
      en: '`skip` belongs to sliding windows and is shorter than `over`; `within` is not longer than `over`.',
      es: '`skip` pertenece a ventanas deslizantes y es menor que `over`; `within` no es mayor que `over`.',
      fr: '`skip` va avec les fenêtres glissantes et reste inférieur à `over` ; `within` ne dépasse pas `over`.',
    },
  },
  'RAS-RULES-TICK': {
    message: {
      en: 'The rule cannot tick: {detail}.',
      es: 'La regla no puede tener `tick`: {detail}.',
      fr: 'La règle ne peut pas avoir de `tick` : {detail}.',
    },
    hint: {
      en: '`tick` goes with events, with sliding windows, and with a `quiet` that is no shorter than the longest window.',
      es: '`tick` va con eventos, con ventanas deslizantes y con un `quiet` no menor que la ventana más larga.',
      fr: '`tick` va avec des événements, des fenêtres glissantes et un `quiet` au moins égal à la plus longue fenêtre.',
    },
  },
  'RAS-RULES-STRENGTH': {
    message: {
      en: 'The strength cannot be computed: {detail}.',
      es: 'La fuerza no se puede calcular: {detail}.',
      fr: 'La force ne peut pas être calculée : {detail}.',
    },
    hint: {
      en: '`of` is a numeric feature; `at` and `full` are different numbers or params.',
      es: '`of` es una característica numérica; `at` y `full` son números o params distintos.',
      fr: '`of` est une caractéristique numérique ; `at` et `full` sont des nombres ou params différents.',
    },
  },
  'RAS-RULES-ATTRIBUTION': {
    message: {
      en: 'The attributions cannot stand: {detail}.',
      es: 'Las atribuciones no pueden quedar así: {detail}.',
      fr: 'Les attributions ne tiennent pas : {detail}.',
    },
    hint: {
      en: 'One goes to `holder` or `subject`, the others to them or to a string feature; a potential victim weighs 0.',
      es: 'Una va a `holder` o `subject`, las demás a ellos o a una característica de texto; una víctima potencial pesa 0.',
      fr: 'L’une va à `holder` ou `subject`, les autres à eux ou à une caractéristique textuelle ; une victime potentielle pèse 0.',
    },
  },
  'RAS-RULES-LEG': {
    message: {
      en: 'Status and weight disagree: {detail}.',
      es: 'El estado y el peso no concuerdan: {detail}.',
      fr: 'Le statut et le poids ne concordent pas : {detail}.',
    },
    hint: {
      en: 'A leg weighs 0 and is no indicator; every other live rule weighs at least 1.',
      es: 'Un leg pesa 0 y no es indicador; toda otra regla viva pesa al menos 1.',
      fr: 'Un leg pèse 0 et n’est pas un indicateur ; toute autre règle active pèse au moins 1.',
    },
  },
  'RAS-RULES-EXPLAIN': {
    message: {
      en: 'The three languages of `{where}` name different values.',
      es: 'Los tres idiomas de `{where}` nombran valores distintos.',
      fr: 'Les trois langues de `{where}` nomment des valeurs différentes.',
    },
    hint: {
      en: 'Use the same placeholders in es, en and fr.',
      es: 'Use los mismos marcadores en es, en y fr.',
      fr: 'Utilisez les mêmes repères en es, en et fr.',
    },
  },
  'RAS-RULES-CASES': {
    message: {
      en: 'The cases are not the end of the file.',
      es: 'Los casos no son el final del archivo.',
      fr: 'Les cas ne terminent pas le fichier.',
    },
    hint: {
      en: 'Put `cases:` at the start of a line, as the last key of the file: engines read what stands before it.',
      es: 'Ponga `cases:` al inicio de una línea, como última clave del archivo: los motores leen lo que está antes.',
      fr: 'Mettez `cases:` en début de ligne, comme dernière clé du fichier : les moteurs lisent ce qui précède.',
    },
  },
  'RAS-RULES-STATUS': {
    message: {
      en: 'Status `{status}` and the rest of the rule disagree: {detail}.',
      es: 'El estado `{status}` y el resto de la regla no concuerdan: {detail}.',
      fr: 'Le statut `{status}` et le reste de la règle ne concordent pas : {detail}.',
    },
    hint: {
      en: 'A `waiting` rule says `waitsFor: [graph]` or `[crypto]` and reads one of their properties; a `manual` one says `manualReason`; no other status has either.',
      es: 'Una regla `waiting` dice `waitsFor: [graph]` o `[crypto]` y lee una de sus propiedades; una `manual` dice `manualReason`; ningún otro estado los lleva.',
      fr: 'Une règle `waiting` dit `waitsFor: [graph]` ou `[crypto]` et lit une de leurs propriétés ; une règle `manual` dit `manualReason` ; aucun autre statut ne les porte.',
    },
  },
  'RAS-RULES-DUPLICATE': {
    message: {
      en: 'Rule `{name}` is already defined in {other}.',
      es: 'La regla `{name}` ya está definida en {other}.',
      fr: 'La règle `{name}` est déjà définie dans {other}.',
    },
    hint: {
      en: 'One file per rule id.',
      es: 'Un archivo por id de regla.',
      fr: 'Un fichier par identifiant de règle.',
    },
  },
  'RAS-RULES-FOLDER': {
    message: {
      en: 'The rule files cannot be read: {detail}.',
      es: 'Los archivos de reglas no se pueden leer: {detail}.',
      fr: 'Les fichiers de règles sont illisibles : {detail}.',
    },
    hint: {
      en: 'A folder of rules holds catalogue/ and composites/; `rastro rules new ID --out FOLDER` makes one. Check its path and permissions.',
      es: 'Una carpeta de reglas contiene catalogue/ y composites/; `rastro rules new ID --out CARPETA` crea una. Revise su ruta y permisos.',
      fr: 'Un dossier de règles contient catalogue/ et composites/ ; `rastro rules new ID --out DOSSIER` en crée un. Vérifiez son chemin et ses droits.',
    },
  },
  'RAS-RULES-DANGLING': {
    message: {
      en: '`{name}` does not name a {what} of this set.',
      es: '`{name}` no nombra un(a) {what} de este conjunto.',
      fr: '`{name}` ne désigne pas un(e) {what} de cet ensemble.',
    },
    hint: {
      en: 'A rule over signals names base rules that are in the set; a threshold names an id of rules/thresholds, a peer a definition of rules/peers and one of its quantiles.',
      es: 'Una regla sobre señales nombra reglas base que están en el conjunto; un umbral nombra un id de rules/thresholds, un par una definición de rules/peers y uno de sus cuantiles.',
      fr: 'Une règle sur signaux nomme des règles de base de l’ensemble ; un seuil nomme un identifiant de rules/thresholds, un pair une définition de rules/peers et un de ses quantiles.',
    },
  },
  'RAS-RULES-PEERS': {
    message: {
      en: 'The peers {name} measure what no table can hold: {detail}.',
      es: 'Los pares {name} miden lo que ninguna tabla puede guardar: {detail}.',
      fr: 'Les pairs {name} mesurent ce qu’aucune table ne peut contenir : {detail}.',
    },
    hint: {
      en: 'Measure one feature over sliding windows: a double where the unit is `share`, else an integer.',
      es: 'Mida una característica sobre ventanas deslizantes: un double si la unidad es `share`, si no un entero.',
      fr: 'Mesurez une caractéristique sur des fenêtres glissantes : un double si l’unité est `share`, sinon un entier.',
    },
  },
  'RAS-RULES-REFUSED': {
    message: {
      en: 'Findings in the rules: {count}.\n{findings}',
      es: 'Hallazgos en las reglas: {count}.\n{findings}',
      fr: 'Constats dans les règles : {count}.\n{findings}',
    },
    hint: {
      en: 'Mend them and run `rastro rules test`; nothing ran.',
      es: 'Corríjalos y ejecute `rastro rules test`; no se ejecutó nada.',
      fr: 'Corrigez-les et lancez `rastro rules test` ; rien n’a été exécuté.',
    },
  },
  'RAS-RULES-SETS': {
    message: {
      en: '{count} rule sets would be in force one after the other, over the limit of {limit}.',
      es: '{count} conjuntos de reglas estarían vigentes uno tras otro, por encima del límite de {limit}.',
      fr: '{count} jeux de règles seraient en vigueur l’un après l’autre, au-delà de la limite de {limit}.',
    },
    hint: {
      en: 'Record one that has always been in force: `rastro run --rules FOLDER` replaces them all.',
      es: 'Registre uno que rija desde siempre: `rastro run --rules CARPETA` los reemplaza todos.',
      fr: 'Enregistrez-en un en vigueur depuis toujours : `rastro run --rules DOSSIER` les remplace tous.',
    },
  },
  'RAS-RULES-RECORD-SIZE': {
    message: {
      en: 'The rule set with its lists and rates has {bytes} bytes, over the limit of {limit}.',
      es: 'El conjunto de reglas con sus listas y tipos de cambio tiene {bytes} bytes, por encima del límite de {limit}.',
      fr: 'Le jeu de règles avec ses listes et taux fait {bytes} octets, au-delà de la limite de {limit}.',
    },
    hint: {
      en: 'Leave out rates of years that no transaction has.',
      es: 'Omita los tipos de cambio de años sin operaciones.',
      fr: 'Omettez les taux des années sans opérations.',
    },
  },
  'RAS-RULES-RECORD-HASH': {
    message: {
      en: 'A recorded rule set is not what its hash {sha256} says.',
      es: 'Un conjunto de reglas registrado no es lo que dice su resumen {sha256}.',
      fr: 'Un jeu de règles enregistré n’est pas ce que dit son empreinte {sha256}.',
    },
    hint: {
      en: 'The log was changed by hand. Restore the data folder from a backup.',
      es: 'El registro fue modificado a mano. Restaure la carpeta de datos de una copia.',
      fr: 'Le journal a été modifié à la main. Restaurez le dossier de données depuis une sauvegarde.',
    },
  },
  'RAS-RULES-PLAYBOOK-NONE': {
    message: {
      en: 'There is no playbook {path}.',
      es: 'No hay manual de actuación {path}.',
      fr: 'Il n’y a pas de guide d’action {path}.',
    },
    hint: {
      en: 'Every folder of rules has one: copy rules/composites/playbook.yaml, or let `rastro rules new ID --out FOLDER` put it there.',
      es: 'Toda carpeta de reglas tiene uno: copie rules/composites/playbook.yaml o deje que `rastro rules new ID --out CARPETA` lo ponga.',
      fr: 'Tout dossier de règles en a un : copiez rules/composites/playbook.yaml, ou laissez `rastro rules new ID --out DOSSIER` l’y mettre.',
    },
  },
  'RAS-RULES-NONE': {
    message: {
      en: 'No rules were found in {folder}.',
      es: 'No se encontraron reglas en {folder}.',
      fr: 'Aucune règle trouvée dans {folder}.',
    },
    hint: {
      en: 'Point --rules at a folder that holds catalogue/ and composites/.',
      es: 'Indique con --rules una carpeta que contenga catalogue/ y composites/.',
      fr: 'Indiquez avec --rules un dossier qui contient catalogue/ et composites/.',
    },
  },
});
