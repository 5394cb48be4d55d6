/** Highlighting of TOML. Source: TOML v1.0.0. */
import type { languages } from 'monaco-editor/editor'

export const tomlLanguage: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenPostfix: '.toml',
  key: /(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')/,
  tokenizer: {
    root: [
      [/\s+/, ''],
      [/#.*$/, 'comment'],
      [/^(\s*)(\[\[?)([^\]\n]*)(\]?\]?)/, ['', 'delimiter', 'type.identifier', 'delimiter']],
      [/@key(?:\s*\.\s*@key)*(?=\s*=)/, 'keyword'],
      { include: '@values' },
    ],
    values: [
      [/"""/, { token: 'string.quote', next: '@long' }],
      [/'''/, { token: 'string.quote', next: '@longLiteral' }],
      [/"/, { token: 'string.quote', next: '@string' }],
      [/'[^'\n]*'?/, 'string'],
      [/\b(?:true|false)\b/, 'keyword.directive'],
      [/\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?/, 'number'],
      [/0x[\da-fA-F_]+/, 'number.hex'],
      [/0o[0-7_]+|0b[01_]+/, 'number'],
      [/[+-]?(?:inf|nan|\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d[\d_]*)?)\b/, 'number'],
      [/[{}[\]]/, '@brackets'],
      [/[=,.]/, 'delimiter'],
    ],
    string: [
      [/[^"\\\n]+/, 'string'],
      [/\\(?:u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/, 'string.escape'],
      [/"|$/, { token: 'string.quote', next: '@pop' }],
    ],
    long: [
      [/\\(?:u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/, 'string.escape'],
      [/"""/, { token: 'string.quote', next: '@pop' }],
      [/[^"\\]+|"/, 'string'],
    ],
    longLiteral: [
      [/'''/, { token: 'string.quote', next: '@pop' }],
      [/[^']+|'/, 'string'],
    ],
  },
}

export const tomlConfiguration: languages.LanguageConfiguration = {
  comments: { lineComment: '#' },
  brackets: [
    ['{', '}'],
    ['[', ']'],
  ],
  autoClosingPairs: [
    { open: '{', close: '}' },
    { open: '[', close: ']' },
    { open: '"', close: '"', notIn: ['string', 'comment'] },
    { open: "'", close: "'", notIn: ['string', 'comment'] },
  ],
}
