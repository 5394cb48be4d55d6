/** Highlighting of linker scripts. Source: the manual of GNU ld, chapter "Linker Scripts". */
import type { languages } from 'monaco-editor/editor'

export const linkerScriptLanguage: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenPostfix: '.ld',
  commands: ['ENTRY', 'SECTIONS', 'MEMORY', 'PHDRS', 'VERSION', 'OUTPUT', 'OUTPUT_FORMAT', 'OUTPUT_ARCH', 'TARGET', 'INPUT', 'GROUP', 'AS_NEEDED', 'STARTUP', 'SEARCH_DIR', 'INCLUDE', 'EXTERN', 'ASSERT', 'REGION_ALIAS', 'FORCE_COMMON_ALLOCATION', 'NOCROSSREFS', 'INSERT', 'OVERLAY'],
  functions: ['ABSOLUTE', 'ADDR', 'ALIGN', 'ALIGNOF', 'BLOCK', 'CONSTANT', 'DATA_SEGMENT_ALIGN', 'DATA_SEGMENT_END', 'DATA_SEGMENT_RELRO_END', 'DEFINED', 'KEEP', 'LENGTH', 'LOADADDR', 'LOG2CEIL', 'MAX', 'MIN', 'NEXT', 'ORIGIN', 'SEGMENT_START', 'SIZEOF', 'SIZEOF_HEADERS', 'PROVIDE', 'PROVIDE_HIDDEN', 'HIDDEN', 'SORT', 'SORT_BY_NAME', 'SORT_BY_ALIGNMENT', 'SORT_BY_INIT_PRIORITY', 'SORT_NONE', 'EXCLUDE_FILE', 'SUBALIGN', 'ONLY_IF_RO', 'ONLY_IF_RW', 'CREATE_OBJECT_SYMBOLS', 'CONSTRUCTORS', 'BYTE', 'SHORT', 'LONG', 'QUAD', 'SQUAD', 'FILL', 'AT', 'NOLOAD', 'READONLY', 'COPY', 'INFO', 'ORG', 'LEN', 'FILEHDR', 'FLAGS', 'COMMON'],
  tokenizer: {
    root: [
      // A section may say where it lies before its colon.
      [/^[ \t]*\.[\w.$*?-]+(?=[^;={}]*:(?!=))/, 'type.identifier'],
      [/\s+/, ''],
      [/\/\*/, { token: 'comment', next: '@comment' }],
      [/^\s*#.*$/, 'comment'],
      [/"/, { token: 'string.quote', next: '@string' }],
      [/\/DISCARD\//, 'keyword'],
      [/0[xX][\da-fA-F]+[KMkm]?\b|\$[\da-fA-F]+\b/, 'number.hex'],
      [/\d[\da-fA-F]*[hHxX]\b|\d+[KMkmbBoOdD]?\b/, 'number'],
      [/\*(?=\()|\*(?=\s*\()/, 'keyword'],
      [/PT_\w+/, 'type'],
      [/\.(?![\w.])/, 'variable.predefined'],
      [/[.\w$][\w.$*?-]*(?=\s*:(?!=))/, 'type.identifier'],
      [/[A-Za-z_][\w$]*/, { cases: { '@commands': 'keyword.directive', '@functions': 'keyword', '@default': 'identifier' } }],
      [/[.\w$*?][\w.$*?-]*/, 'identifier'],
      [/[{}()[\]]/, '@brackets'],
      [/[-+/%&|^~!<>=?:;,]+/, 'delimiter'],
    ],
    comment: [
      [/[^/*]+/, 'comment'],
      [/\*\//, { token: 'comment', next: '@pop' }],
      [/[/*]/, 'comment'],
    ],
    string: [
      [/[^"]+/, 'string'],
      [/"/, { token: 'string.quote', next: '@pop' }],
    ],
  },
}

export const linkerScriptConfiguration: languages.LanguageConfiguration = {
  comments: { blockComment: ['/*', '*/'] },
  brackets: [
    ['{', '}'],
    ['(', ')'],
  ],
  autoClosingPairs: [
    { open: '{', close: '}' },
    { open: '(', close: ')' },
    { open: '"', close: '"', notIn: ['string', 'comment'] },
  ],
}
