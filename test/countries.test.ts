import fc from 'fast-check';
import countries from 'i18n-iso-countries';
import { describe, expect, it } from 'vitest';
import { findCountryCode } from '../src/services/countries.ts';

const alpha2Codes = Object.keys(countries.getAlpha2Codes());
const anyAlpha2 = fc.constantFrom(...alpha2Codes);

describe('ruling 24: countries', () => {
  it.each([
    ['FR', 'FR'],
    ['fr', 'FR'],
    ['FRA', 'FR'],
    ['fra', 'FR'],
    ['France', 'FR'],
    ['FRANCE', 'FR'],
    ['Germany', 'DE'],
    ['Allemagne', 'DE'],
    ['allemagne', 'DE'],
    ['États-Unis', 'US'],
    ['etats-unis', 'US'],
    ['ÉTATS-UNIS', 'US'],
    ['E\u0301tats-Unis', 'US'],
    ['United States', 'US'],
    ['United States of America', 'US'],
    ['USA', 'US'],
    ['United Kingdom', 'GB'],
    ['Royaume-Uni', 'GB'],
    ['GBR', 'GB'],
    ["Côte d'Ivoire", 'CI'],
    ['Côte d’Ivoire', 'CI'],
    ['Ivory Coast', 'CI'],
    ['Tunisie', 'TN'],
    ['Tunisia', 'TN'],
    ['Niger', 'NE'],
    ['Nigeria', 'NG'],
    ['Guinée', 'GN'],
    ['Guinée équatoriale', 'GQ'],
    ['Suisse', 'CH'],
    ['Switzerland', 'CH'],
    ['Pays-Bas', 'NL'],
    ['Corée du Sud', 'KR'],
    ['South Korea', 'KR'],
    ['Russia', 'RU'],
    ['Russie', 'RU'],
    ['La Réunion', 'RE'],
    ['  France ', 'FR'],
  ])('reads %s as %s', (text, code) => {
    expect(findCountryCode(text)).toBe(code);
  });

  it.each([
    '',
    ' ',
    '-',
    'X',
    'ZZ',
    'ZZZ',
    'Atlantis',
    'Fran',
    'Franc',
    'FR, France',
    '33',
    'constructor',
    '__proto__',
    '🇫🇷',
  ])('does not know "%s"', (text) => {
    expect(findCountryCode(text)).toBeUndefined();
  });

  it('knows every country by its codes and both names, in any case, with or without accents', () => {
    const variants: ((text: string) => string)[] = [
      (text) => text,
      (text) => text.toLowerCase(),
      (text) => text.toUpperCase(),
      (text) => text.normalize('NFD'),
      (text) => text.normalize('NFD').replace(/\p{M}/gu, ''),
    ];
    fc.assert(
      fc.property(anyAlpha2, fc.constantFrom(...variants), (alpha2, vary) => {
        const texts = [
          alpha2,
          countries.alpha2ToAlpha3(alpha2),
          ...['en', 'fr'].map((language) => countries.getName(alpha2, language)),
        ];
        for (const text of texts) expect(findCountryCode(vary(text ?? '')), text).toBe(alpha2);
      }),
      { numRuns: 1_000 },
    );
  });

  it('answers an alpha-2 code or nothing, and the code leads to itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 4 }), fc.string({ unit: 'grapheme' })), (text) => {
        const code = findCountryCode(text);
        if (code === undefined) return;
        expect(alpha2Codes).toContain(code);
        expect(findCountryCode(code)).toBe(code);
      }),
    );
  });
});
