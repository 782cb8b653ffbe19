/** Error codes of the area `bus`: the log of the distributed form, and the cluster that holds it. */
import { defineErrors } from './define.ts';

export const busErrors = defineErrors({
  'RAS-BUS-UNREACHABLE': {
    message: {
      en: 'No broker answers at {brokers} ({detail}).',
      es: 'Ningún bróker responde en {brokers} ({detail}).',
      fr: 'Aucun courtier ne répond à {brokers} ({detail}).',
    },
    hint: {
      en: 'Check that the cluster runs, that the addresses are right, and whether it wants TLS; nothing acknowledged is lost.',
      es: 'Compruebe que el clúster funciona, que las direcciones son correctas y si exige TLS; nada de lo confirmado se pierde.',
      fr: 'Vérifiez que la grappe tourne, que les adresses sont justes et si elle exige TLS ; rien de ce qui a été confirmé n’est perdu.',
    },
  },
  'RAS-BUS-UNTRUSTED': {
    message: {
      en: 'The certificate of the brokers at {brokers} is not trusted: {detail}.',
      es: 'El certificado de los brókeres en {brokers} no es de confianza: {detail}.',
      fr: 'Le certificat des courtiers à {brokers} n’est pas approuvé : {detail}.',
    },
    hint: {
      en: 'Name the authority that signed it in kafka.tls.caFile; check the host names and the dates of the certificate.',
      es: 'Indique en kafka.tls.caFile la autoridad que lo firmó; compruebe los nombres de host y las fechas del certificado.',
      fr: 'Indiquez dans kafka.tls.caFile l’autorité qui l’a signé ; vérifiez les noms d’hôte et les dates du certificat.',
    },
  },
  'RAS-BUS-CERTIFICATE-REFUSED': {
    message: {
      en: 'The brokers at {brokers} refused the certificate of this client, or that there is none: {detail}.',
      es: 'Los brokers en {brokers} rechazaron el certificado de este cliente, o que no tenga uno: {detail}.',
      fr: 'Les brokers à {brokers} ont refusé le certificat de ce client, ou son absence : {detail}.',
    },
    hint: {
      en: 'Check kafka.tls.certFile and kafka.tls.keyFile, the dates of the certificate, and that the brokers trust who signed it.',
      es: 'Revise kafka.tls.certFile y kafka.tls.keyFile, las fechas del certificado y que los brokers confíen en quien lo firmó.',
      fr: 'Vérifiez kafka.tls.certFile et kafka.tls.keyFile, les dates du certificat, et que les brokers se fient à qui l’a signé.',
    },
  },
  'RAS-BUS-LOGIN-REFUSED': {
    message: {
      en: 'The brokers refused the log-in of {user} ({mechanism}).',
      es: 'Los brókeres rechazaron el acceso de {user} ({mechanism}).',
      fr: 'Les courtiers ont refusé la connexion de {user} ({mechanism}).',
    },
    hint: {
      en: 'Check kafka.sasl: the user, the mechanism, and what the password file holds.',
      es: 'Compruebe kafka.sasl: el usuario, el mecanismo y el contenido del archivo de la contraseña.',
      fr: 'Vérifiez kafka.sasl : l’utilisateur, le mécanisme et le contenu du fichier du mot de passe.',
    },
  },
  'RAS-BUS-NOT-AUTHORISED': {
    message: {
      en: 'The brokers do not allow this user to use {what}.',
      es: 'Los brókeres no permiten a este usuario usar {what}.',
      fr: 'Les courtiers ne permettent pas à cet utilisateur d’utiliser {what}.',
    },
    hint: {
      en: 'Have the access list of the cluster changed; the runbook names the rights that each role needs.',
      es: 'Haga cambiar la lista de acceso del clúster; el manual de operación nombra los permisos que necesita cada papel.',
      fr: 'Faites modifier la liste d’accès de la grappe ; le manuel d’exploitation nomme les droits requis par chaque rôle.',
    },
  },
  'RAS-BUS-TOPIC-MISSING': {
    message: {
      en: 'The topic {topic} is not there, or has no such partition.',
      es: 'El tema {topic} no existe o no tiene esa partición.',
      fr: 'Le sujet {topic} n’existe pas, ou n’a pas cette partition.',
    },
    hint: {
      en: 'Make the topics with `rastro topics apply`.',
      es: 'Cree los temas con `rastro topics apply`.',
      fr: 'Créez les sujets avec `rastro topics apply`.',
    },
  },
  'RAS-BUS-RECORD-TOO-LARGE': {
    message: {
      en: 'A record of {bytes} bytes is too large for {topic}.',
      es: 'Un registro de {bytes} bytes es demasiado grande para {topic}.',
      fr: 'Un enregistrement de {bytes} octets est trop grand pour {topic}.',
    },
    hint: {
      en: 'Send it in parts; where the broker allows less, set max.message.bytes with `rastro topics apply`.',
      es: 'Envíelo en partes; si el bróker permite menos, ajuste max.message.bytes con `rastro topics apply`.',
      fr: 'Envoyez-le en parties ; si le courtier en permet moins, réglez max.message.bytes avec `rastro topics apply`.',
    },
  },
  'RAS-BUS-BATCH-TOO-LARGE': {
    message: {
      en: 'The batch of {topic} partition {partition} that ends at {offset} would unpack to more than {bytes} bytes, or holds more records than are taken.',
      es: 'El lote de {topic}, partición {partition}, que termina en {offset} ocuparía más de {bytes} bytes descomprimido, o tiene más registros de los que se aceptan.',
      fr: 'Le lot de {topic}, partition {partition}, qui finit à {offset} occuperait plus de {bytes} octets décompressé, ou contient plus d’enregistrements qu’on n’en prend.',
    },
    hint: {
      en: 'It was passed over; no role of this program sends such a batch. Find out who else may write to the topic.',
      es: 'Se omitió; ningún rol de este programa envía un lote así. Averigüe quién más puede escribir en el tópico.',
      fr: 'Il a été sauté ; aucun rôle de ce programme n’envoie un tel lot. Cherchez qui d’autre peut écrire dans le sujet.',
    },
  },
  'RAS-BUS-KEY-MISSING': {
    message: {
      en: 'A record for {topic} has no key, and the topic keeps the last record of each key.',
      es: 'Un registro para {topic} no tiene clave, y el tema conserva el último registro de cada clave.',
      fr: 'Un enregistrement pour {topic} n’a pas de clé, et le sujet garde le dernier enregistrement de chaque clé.',
    },
    hint: {
      en: 'Report this with the code: whoever made the record must name what it is about.',
      es: 'Informe este código: quien creó el registro debe decir de qué trata.',
      fr: 'Signalez ce code : qui a créé l’enregistrement doit nommer ce dont il parle.',
    },
  },
  'RAS-BUS-CODEC-MISSING': {
    message: {
      en: 'This Node.js cannot write the compression {codec}.',
      es: 'Este Node.js no puede escribir la compresión {codec}.',
      fr: 'Ce Node.js ne peut pas écrire la compression {codec}.',
    },
    hint: {
      en: 'Set kafka.compression to lz4, or use Node.js 22.15 or later; reading works everywhere.',
      es: 'Ponga lz4 en kafka.compression o use Node.js 22.15 o posterior; la lectura funciona en todos.',
      fr: 'Mettez lz4 dans kafka.compression, ou utilisez Node.js 22.15 ou plus récent ; la lecture marche partout.',
    },
  },
  'RAS-BUS-FENCED': {
    message: {
      en: 'The brokers no longer know this sender to {topic} ({detail}).',
      es: 'Los brókeres ya no conocen a este emisor hacia {topic} ({detail}).',
      fr: 'Les courtiers ne connaissent plus cet émetteur vers {topic} ({detail}).',
    },
    hint: {
      en: 'Start the role again; it goes on from what the log holds.',
      es: 'Reinicie el papel; continúa desde lo que contiene el registro.',
      fr: 'Redémarrez le rôle ; il reprend à partir de ce que contient le journal.',
    },
  },
  'RAS-BUS-NOT-ENOUGH-REPLICAS': {
    message: {
      en: 'Too few replicas of {topic} are in sync to take records.',
      es: 'Hay demasiado pocas réplicas de {topic} sincronizadas para aceptar registros.',
      fr: 'Trop peu de répliques de {topic} sont synchronisées pour accepter des enregistrements.',
    },
    hint: {
      en: 'Bring the missing brokers back; until then nothing is acknowledged, so nothing is lost.',
      es: 'Recupere los brókeres que faltan; hasta entonces nada se confirma, así que nada se pierde.',
      fr: 'Remettez en service les courtiers manquants ; d’ici là rien n’est confirmé, donc rien n’est perdu.',
    },
  },
  'RAS-BUS-OVERLOADED': {
    message: {
      en: '{bytes} bytes wait to be sent to {topic}; more are not taken.',
      es: '{bytes} bytes esperan ser enviados a {topic}; no se aceptan más.',
      fr: '{bytes} octets attendent d’être envoyés à {topic} ; davantage n’est pas accepté.',
    },
    hint: {
      en: 'Wait and send again; look at the load of the brokers if it stays.',
      es: 'Espere y envíe de nuevo; revise la carga de los brókeres si persiste.',
      fr: 'Attendez et renvoyez ; regardez la charge des courtiers si cela dure.',
    },
  },
  'RAS-BUS-OFFSET-GONE': {
    message: {
      en: 'Offset {offset} of {topic} partition {partition} is not there (any more).',
      es: 'El desplazamiento {offset} de {topic}, partición {partition}, no está (o ya no).',
      fr: 'La position {offset} de {topic}, partition {partition}, n’est pas (ou plus) là.',
    },
    hint: {
      en: 'Its time of retention is over, or the topic was made anew: rebuild from the store, and compare the retention with the age of checkpoints.',
      es: 'Venció su retención o el tema se creó de nuevo: reconstruya desde el almacén y compare la retención con la edad de los puntos de control.',
      fr: 'Sa durée de conservation est passée, ou le sujet a été recréé : reconstruisez depuis le stockage, et comparez la conservation à l’âge des points de reprise.',
    },
  },
  'RAS-BUS-CORRUPT': {
    message: {
      en: 'A batch of {topic} partition {partition} at {offset} cannot be read: {detail}.',
      es: 'Un lote de {topic}, partición {partition}, en {offset} no se puede leer: {detail}.',
      fr: 'Un lot de {topic}, partition {partition}, à {offset} est illisible : {detail}.',
    },
    hint: {
      en: 'Check the disks of the brokers, and who else writes to the topic; another replica may hold it whole.',
      es: 'Compruebe los discos de los brókeres y quién más escribe en el tema; otra réplica puede tenerlo íntegro.',
      fr: 'Vérifiez les disques des courtiers et qui d’autre écrit dans le sujet ; une autre réplique peut l’avoir intact.',
    },
  },
  'RAS-BUS-REQUEST-FAILED': {
    message: {
      en: 'The brokers could not do what was asked ({what}): {detail}.',
      es: 'Los brókeres no pudieron hacer lo pedido ({what}): {detail}.',
      fr: 'Les courtiers n’ont pas pu faire ce qui était demandé ({what}) : {detail}.',
    },
    hint: {
      en: 'Look at the log of the brokers at this time, and run again.',
      es: 'Revise el registro de los brókeres a esta hora y ejecute de nuevo.',
      fr: 'Regardez le journal des courtiers à cette heure, et relancez.',
    },
  },
  'RAS-BUS-CLOSED': {
    message: {
      en: 'The connection to the brokers was closed here.',
      es: 'La conexión con los brókeres se cerró aquí.',
      fr: 'La connexion aux courtiers a été fermée ici.',
    },
    hint: {
      en: 'The role is ending; what was not acknowledged is sent again by whoever sent it.',
      es: 'El papel está terminando; lo no confirmado lo reenvía quien lo envió.',
      fr: 'Le rôle se termine ; ce qui n’a pas été confirmé est renvoyé par son émetteur.',
    },
  },
  'RAS-BUS-PARTITIONS-FIXED': {
    message: {
      en: 'The topic {topic} has {is} partitions and should have {wanted}; a number once in use is not changed.',
      es: 'El tema {topic} tiene {is} particiones y debería tener {wanted}; un número ya en uso no se cambia.',
      fr: 'Le sujet {topic} a {is} partitions et devrait en avoir {wanted} ; un nombre déjà utilisé ne se change pas.',
    },
    hint: {
      en: 'Records of one key would be in two partitions. Set kafka.partitions to the number that is (it counts for topics by subject), or make topics with another kafka.prefix and read everything again.',
      es: 'Los registros de una clave quedarían en dos particiones. Ponga en kafka.partitions el número existente (vale para los temas por sujeto), o cree temas con otro kafka.prefix y lea todo de nuevo.',
      fr: 'Les enregistrements d’une clé seraient dans deux partitions. Mettez dans kafka.partitions le nombre existant (il vaut pour les sujets par personne suivie), ou créez des sujets avec un autre kafka.prefix et relisez tout.',
    },
  },
});
