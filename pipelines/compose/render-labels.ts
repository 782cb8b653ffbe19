/** Headings and labels of a rendered alert, in three languages. */

import type { Alert } from '../../schemas/alert.ts';
import type { Role } from '../../schemas/enumerations.ts';
import type { Localized } from '../../schemas/errors/define.ts';
import type { ActionKind } from '../../schemas/playbook.ts';

export const LABELS = {
  level: { en: 'level', es: 'nivel', fr: 'niveau' },
  score: { en: 'score', es: 'puntaje', fr: 'score' },
  version: { en: 'version', es: 'versión', fr: 'version' },
  opened: { en: 'opened', es: 'abierta', fr: 'ouverte' },
  asOf: { en: 'as of', es: 'al', fr: 'au' },
  lifeSafety: {
    en: 'LIFE SAFETY',
    es: 'VIDA EN RIESGO',
    fr: 'VIE EN DANGER',
  },
  why: { en: 'Why', es: 'Por qué', fr: 'Pourquoi' },
  changes: {
    en: 'Changed since the last version',
    es: 'Cambios desde la última versión',
    fr: 'Changé depuis la dernière version',
  },
  who: { en: 'Who', es: 'Quién', fr: 'Qui' },
  protected: { en: 'PROTECTED', es: 'PROTEGIDA', fr: 'PROTÉGÉE' },
  confidence: { en: 'confidence', es: 'confianza', fr: 'confiance' },
  scoreParts: { en: 'Score, part by part', es: 'Puntaje, parte por parte', fr: 'Score, partie par partie' },
  sum: { en: 'sum', es: 'suma', fr: 'somme' },
  benignPart: { en: 'benign', es: 'benigno', fr: 'bénin' },
  own: { en: 'own', es: 'propia', fr: 'propre' },
  companion: { en: 'companion', es: 'acompañante', fr: 'accompagnement' },
  formula: {
    en: 'part = weight × strength × freshness × attribution, at most the cap of its family',
    es: 'parte = peso × fuerza × frescura × atribución, a lo sumo el tope de su familia',
    fr: 'partie = poids × force × fraîcheur × attribution, au plus le plafond de sa famille',
  },
  indicators: { en: 'Indicators', es: 'Indicadores', fr: 'Indicateurs' },
  value: { en: 'value', es: 'valor', fr: 'valeur' },
  threshold: { en: 'asked', es: 'umbral', fr: 'seuil' },
  missing: { en: 'missing', es: 'falta', fr: 'manque' },
  peers: { en: 'peers', es: 'pares', fr: 'pairs' },
  noPeers: {
    en: 'nothing is known of them as of the event',
    es: 'nada se sabe de ellos al momento del hecho',
    fr: 'rien n’en est connu au moment des faits',
  },
  accountsOn: { en: 'accounts on', es: 'cuentas el', fr: 'comptes le' },
  benign: { en: 'Benign explanations', es: 'Explicaciones benignas', fr: 'Explications bénignes' },
  money: { en: 'Money', es: 'Dinero', fr: 'Argent' },
  in: { en: 'in', es: 'entró', fr: 'entré' },
  out: { en: 'out', es: 'salió', fr: 'sorti' },
  cash: { en: 'cash', es: 'efectivo', fr: 'espèces' },
  net: { en: 'net to subject', es: 'neto al sujeto', fr: 'net au sujet' },
  reachable: { en: 'still reachable', es: 'aún disponible', fr: 'encore accessible' },
  flows: { en: 'Flows', es: 'Flujos', fr: 'Flux' },
  timeline: { en: 'Evidence', es: 'Evidencia', fr: 'Preuves' },
  transactions: { en: 'transactions', es: 'operaciones', fr: 'opérations' },
  more: { en: 'more', es: 'más', fr: 'de plus' },
  notSeen: { en: 'What was not seen', es: 'Lo que no se vio', fr: 'Ce qui n’a pas été vu' },
  steps: { en: 'Next steps', es: 'Próximos pasos', fr: 'Prochaines étapes' },
  perishables: {
    en: 'Evidence that expires',
    es: 'Evidencia que caduca',
    fr: 'Preuves périssables',
  },
  asks: { en: 'Ask', es: 'Pedir', fr: 'Demander' },
  routing: { en: 'Refer to', es: 'Remitir a', fr: 'Transmettre à' },
  clocks: { en: 'Clocks', es: 'Plazos', fr: 'Délais' },
  due: { en: 'due', es: 'vence', fr: 'échéance' },
  unverified: {
    en: 'not verified against the law',
    es: 'sin verificar con la ley',
    fr: 'non vérifié dans la loi',
  },
  narrative: { en: 'Narrative', es: 'Relato', fr: 'Récit' },
  utc: { en: 'times in UTC', es: 'horas en UTC', fr: 'heures en UTC' },
} as const satisfies Readonly<Record<string, Localized>>;

/** What changed, by the first part of `changes[].what`. */
export const CHANGE_LABELS: Readonly<Record<string, Localized>> = {
  level: { en: 'level', es: 'nivel', fr: 'niveau' },
  lifeSafety: { en: 'life safety', es: 'vida en riesgo', fr: 'vie en danger' },
  scoreMilli: { en: 'score', es: 'puntaje', fr: 'score' },
  indicator: { en: 'indicator', es: 'indicador', fr: 'indicateur' },
  party: { en: 'party', es: 'parte', fr: 'partie' },
  transactions: { en: 'transactions', es: 'operaciones', fr: 'opérations' },
  netToSubjectMinor: { en: 'net to subject', es: 'neto al sujeto', fr: 'net au sujet' },
};

/** Roles as an analyst reads them. The protected ones are named by their protection, not by a suspicion of harm. */
export const ROLE_LABELS: Readonly<Record<Role, Localized>> = {
  suspected_controller: {
    en: 'suspected controller',
    es: 'posible controlador',
    fr: 'contrôleur présumé',
  },
  facilitator: { en: 'possible facilitator', es: 'posible facilitador', fr: 'facilitateur possible' },
  suspected_buyer: { en: 'possible buyer', es: 'posible comprador', fr: 'acheteur possible' },
  potential_victim: {
    en: 'person to protect, not suspected',
    es: 'persona por proteger, no sospechosa',
    fr: 'personne à protéger, non soupçonnée',
  },
  victim_family_payer: {
    en: 'family member who pays, not suspected',
    es: 'familiar que paga, no sospechoso',
    fr: 'proche qui paie, non soupçonné',
  },
  unknown: { en: 'part not established', es: 'papel no establecido', fr: 'rôle non établi' },
};

export const CONFIDENCE_LABELS: Readonly<Record<Alert['roles'][number]['confidence'], Localized>> = {
  low: { en: 'low', es: 'baja', fr: 'faible' },
  medium: { en: 'medium', es: 'media', fr: 'moyenne' },
  high: { en: 'high', es: 'alta', fr: 'élevée' },
};

export const STATE_LABELS: Readonly<Record<Alert['indicators'][number]['state'], Localized>> = {
  fired: { en: 'fired', es: 'activado', fr: 'déclenché' },
  near: { en: 'near', es: 'cerca', fr: 'proche' },
  not_fired: { en: 'not fired', es: 'no activado', fr: 'non déclenché' },
  not_evaluable: { en: 'not evaluable', es: 'no evaluable', fr: 'non évaluable' },
};

export const RESULT_LABELS: Readonly<Record<Alert['benignTests'][number]['result'], Localized>> = {
  failed: { en: 'holds', es: 'se sostiene', fr: 'tient' },
  passed: { en: 'tested, not seen', es: 'probada, no vista', fr: 'testée, non vue' },
  unknown: { en: 'could not be tested', es: 'no se pudo probar', fr: 'n’a pu être testée' },
};

export const ACTION_LABELS: Readonly<Record<ActionKind, Localized>> = {
  refer: { en: 'Refer', es: 'Remitir', fr: 'Transmettre' },
  request_information: {
    en: 'Request information',
    es: 'Pedir información',
    fr: 'Demander des informations',
  },
  preserve_evidence: { en: 'Preserve evidence', es: 'Preservar evidencia', fr: 'Conserver les preuves' },
  keep_open_letter: {
    en: 'Ask to keep the account open',
    es: 'Pedir que la cuenta siga abierta',
    fr: 'Demander de garder le compte ouvert',
  },
  restraint_referral: {
    en: 'Refer for restraint',
    es: 'Remitir para aseguramiento',
    fr: 'Transmettre pour blocage',
  },
  lpb_proposal: {
    en: 'Propose for the list of blocked persons',
    es: 'Proponer para la Lista de Personas Bloqueadas',
    fr: 'Proposer pour la liste des personnes bloquées',
  },
};
