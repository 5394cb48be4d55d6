/** Names of x86 registers, for the grammars of assemblers. */
export const REGISTER = [
  '[re]?(?:[abcd]x|[sd]i|[sb]p|ip|flags)',
  '[abcd][lh]|[sd]il|[sb]pl',
  'r(?:[89]|1[0-5])[bwd]?',
  '[cdefgs]s',
  'cr[0-8]|[dt]r[0-7]',
  'st[0-7]?|[xyz]?mm(?:[12]?\\d|3[01])',
  'k[0-7]',
].join('|')
