import { describe, expect, it } from 'vitest';
import { civilDay } from '../../../../rules/reference/civil-day.ts';
import { readReferenceFiles } from '../../../../rules/reference/files.ts';
import { foldText } from '../../../../rules/reference/lexicon.ts';
import { loadReference } from '../../../../rules/reference/reference.ts';

const files = readReferenceFiles();
const reference = loadReference(files);
const day = (date: string) => civilDay(date) as number;

describe('reference data', () => {
  it('puts the border and the resorts on their lists', () => {
    expect(reference.places.ofMunicipality('MX', '28032')).toEqual(['border_municipality']);
    expect(reference.places.ofMunicipality('MX', '02004')).toEqual(['border_municipality', 'tourist_zone']);
    expect(reference.places.ofMunicipality('US', '48141')).toEqual(['border_municipality']);
    expect(reference.places.ofMunicipality('US', '28032')).toEqual([]);
    expect(reference.places.ofMunicipality('MX', undefined)).toEqual([]);
    expect(reference.places.ofAdmin1('MX-ROO')).toEqual(['tourist_zone']);
    expect(reference.places.ofAdmin1('MX-TLA')).toEqual([]);
  });

  it('gives the wage of the narrowest zone on the day', () => {
    const minor = (place: object, date: string) => reference.wages.at(place, day(date))?.minor;
    expect(minor({ country: 'MX' }, '2025-12-31')).toBe(27_880n);
    expect(minor({ country: 'MX', municipalityCode: '02004' }, '2025-06-01')).toBe(41_988n);
    expect(minor({ country: 'MX', municipalityCode: '02004' }, '2018-06-01')).toBe(8_836n);
    expect(minor({ country: 'US', admin1: 'TX' }, '2025-06-01')).toBe(5_800n);
    expect(minor({ country: 'US', admin1: 'CA' }, '2025-06-01')).toBe(13_200n);
    expect(minor({ country: 'CA', admin1: 'ON' }, '2025-10-02')).toBe(14_080n);
    expect(minor({ country: 'PH' }, '2025-06-01')).toBeUndefined();
    expect(minor({}, '2025-06-01')).toBeUndefined();
    expect(reference.wages.at({ country: 'MX' }, day('2026-02-01'))?.table).toBe('wages@2026-11-21:MX');
  });

  it('knows business days where its years reach, and says so where they do not', () => {
    const business = (country: string, date: string) => reference.holidays.isBusinessDay(country, day(date));
    expect(business('US', '2025-07-04')).toBe(false);
    expect(business('US', '2026-07-03')).toBe(true);
    expect(business('US', '2027-07-05')).toBe(false);
    expect(business('MX', '2025-07-04')).toBe(true);
    expect(business('MX', '2025-04-17')).toBe(false);
    expect(business('CA', '2025-09-30')).toBe(false);
    expect(business('US', '2025-07-05')).toBe(false);
    expect(business('US', '2019-07-04')).toBeNull();
    expect(business('PH', '2025-07-04')).toBeNull();
  });

  it('reads purpose texts in three languages, whole words only', () => {
    const classes = (text: string) => reference.lexicon.classify(text);
    expect(classes('NÓMINA 2a. quincena')).toEqual(['wage']);
    expect(classes('Pago de la  RENTA, marzo')).toEqual(['rent']);
    expect(classes('Frais de scolarité')).toEqual(['school']);
    expect(classes('happy birthday + tuition')).toEqual(['gift', 'school']);
    expect(classes('apoyo para la familia')).toEqual([]);
    expect(classes('Apoyo   familiar')).toEqual(['family_support']);
    expect(classes('parent current rental')).toEqual([]);
    expect(classes('2.º pago por el bebé')).toEqual(['child_payment']);
    expect(classes('Instalment for the child, agency')).toEqual(['child_payment', 'loan']);
    expect(classes("Acompte pour l'enfant")).toEqual(['child_payment']);
    expect(classes('pago de la escuela del niño')).toEqual(['school']);
    expect(classes('child support')).toEqual(['family_support']);
    expect(classes('trámite de adopción')).toEqual(['adoption']);
    expect(classes('Frais d’adoption')).toEqual(['adoption']);
    expect(classes('liver transplant')).toEqual(['treatment']);
    expect(classes('Cirugía y terapia')).toEqual(['medical', 'treatment']);
    expect(classes('greffe de rein')).toEqual(['treatment']);
    expect(classes('pago de fianza')).toEqual(['bail']);
    expect(classes('')).toEqual([]);
    expect(foldText('  ¡Mamá,   PAPÁ!  ')).toBe('mama papa');
  });

  it('has a night norm only where a rail tells the time', () => {
    expect(reference.nightNormMilli('spei')).toBeGreaterThan(0);
    expect(reference.nightNormMilli('ach')).toBeNull();
  });

  it('changes its version with its content, not with its comments', () => {
    const edited = new Map(files);
    const places = files.get('lists/tourist-zones.yaml') as string;
    edited.set('lists/tourist-zones.yaml', `# a comment\n${places}`);
    expect(loadReference(edited).listVersion).toBe(reference.listVersion);
    edited.set('lists/tourist-zones.yaml', places.replace('Acapulco de Juarez', 'Acapulco'));
    expect(loadReference(edited).listVersion).not.toBe(reference.listVersion);
    expect(loadReference(edited).lexiconVersion).toBe(reference.lexiconVersion);
  });

  it('labels the shipped rates as a sample and takes another table instead', () => {
    expect(reference.rates.official).toBe(false);
    for (let at = day('2024-01-01'); at <= day('2026-12-31'); at++) {
      expect(reference.rates.convert(100n, 'MXN', at).usdMinor).toBeGreaterThan(3);
    }
    const text = `{kind: rates, id: mine, source: s, date: 2025-01-01, official: true, base: USD, currencies: [MXN], rates: {2025-01-01: ['20']}}`;
    const own = loadReference(files, { name: 'mine.yaml', text });
    expect(own.rates.convert(2_000n, 'MXN', day('2025-01-03'))).toMatchObject({
      usdMinor: 100,
      rateId: 'mine@2025-01-01',
    });
  });

  it.each([
    ['no: [yaml', 'bad.yaml:'],
    ['kind: surprise', 'unknown kind'],
    ['{kind: places, id: x, version: 2026-01-01, source: s, verified: maybe, places: {}}', 'verified'],
  ])('refuses %j and says where', (text, where) => {
    const broken = new Map([...files, ['bad.yaml', text]]);
    expect(() => loadReference(broken)).toThrow(where);
  });
});
