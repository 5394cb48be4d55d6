/** Highlighting of NASM's syntax. Source: the manual of NASM 2.16, chapters 3 (language), 4 (preprocessor) and 8 (directives). */
import type { languages } from 'monaco-editor/editor'
import { REGISTER } from './x86-registers'

export const nasmLanguage: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenPostfix: '.nasm',
  ignoreCase: true,
  includeLF: true,
  register: new RegExp(`\\b(?:${REGISTER})\\b`),
  symbol: /[a-z_.?@$][\w.?@$#~]*/,
  data: /\b(?:d[bwdqtoyz]|res[bwdqtoyz]|incbin|equ|times)\b/,
  directive: /\b(?:bits|use16|use32|use64|org|default|section|segment|absolute|global|extern|required|common|static|cpu|float|struc|endstruc|istruc|iend|at|align|alignb|sectalign)\b/,
  tokenizer: {
    // Where a statement begins: label, directive, data or mnemonic.
    root: [
      { include: '@blank' },
      [/\n/, ''],
      [/%!?[a-z]\w*/, { token: 'keyword.directive', next: '@operands' }],
      [/\[\s*(?=@directive)/, { token: 'delimiter', next: '@operands' }],
      [/@directive/, { token: 'keyword.directive', next: '@operands' }],
      [/@data/, { token: 'keyword', next: '@operands' }],
      [/(@symbol)(\s*)(:)/, ['type.identifier', '', 'delimiter']],
      [/(@symbol)(?=[ \t]+(?:@data))/, 'type.identifier'],
      [/(?:rep(?:n?[ez])?|lock|[bx]nd|xacquire|xrelease|a16|a32|o16|o32|o64)\b(?=[ \t]+[a-z])/, 'keyword'],
      [/@symbol/, { token: 'keyword', next: '@operands' }],
      [/[^\s]/, ''],
    ],
    operands: [
      { include: '@blank' },
      [/\\\n/, ''],
      [/\n/, { token: '', next: '@pop' }],
      [/@directive/, 'keyword.directive'],
      [/@data/, 'keyword'],
      [/@register/, 'variable.predefined'],
      [/\b(?:byte|word|dword|qword|tword|oword|yword|zword|short|near|far|strict|rel|abs|seg|wrt|ptr|nosplit|to|progbits|nobits|alloc|noalloc|exec|noexec|write|nowrite)\b/, 'keyword.directive'],
      [/0[xh][\da-f_]+\b|\$\d[\da-f_]*\b|\d[\da-f_]*h\b/, 'number.hex'],
      [/0[by][01_]+\b|[01][01_]*[by]\b/, 'number.binary'],
      [/0[oq][0-7_]+\b|[0-7_]+[oq]\b/, 'number.octal'],
      [/\d[\d_]*(?:\.\d*)?(?:e[-+]?\d+)?d?\b/, 'number'],
      [/"[^"\n]*"?|'[^'\n]*'?/, 'string'],
      [/`/, { token: 'string.quote', next: '@escaped' }],
      [/%%?[a-z_]\w*|%[\d+?$]+/, 'variable'],
      [/\$\$?(?!\w)/, 'variable.predefined'],
      [/@symbol/, 'identifier'],
      [/[-+*/%&|^~!<>=:,()[\]{}]/, 'delimiter'],
    ],
    blank: [
      [/[ \t\r]+/, ''],
      [/;[^\n]*/, 'comment'],
    ],
    escaped: [
      [/[^\\`\n]+/, 'string'],
      [/\\(?:x[\da-f]{1,2}|u[\da-f]{4}|[0-7]{1,3}|[^\n])/, 'string.escape'],
      [/`/, { token: 'string.quote', next: '@pop' }],
      [/\\?\n/, { token: '', next: '@popall' }],
    ],
  },
}

export const nasmConfiguration: languages.LanguageConfiguration = {
  comments: { lineComment: ';' },
  brackets: [
    ['(', ')'],
    ['[', ']'],
  ],
  autoClosingPairs: [
    { open: '(', close: ')' },
    { open: '[', close: ']' },
    { open: '"', close: '"', notIn: ['string', 'comment'] },
    { open: "'", close: "'", notIn: ['string', 'comment'] },
  ],
}
