/**
 * Highlighting of GNU assembly for x86, before and after the C preprocessor.
 * Source: the GNU assembler's manual, chapters Syntax, Symbols, Pseudo Ops, and 80386 Dependent Features.
 */
import type { languages } from 'monaco-editor/editor'
import { REGISTER } from './x86-registers'

export const gasLanguage: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenPostfix: '.gas',
  // A statement ends with its line, so the rules have to see the line's end.
  includeLF: true,
  register: new RegExp(`%?\\b(?:${REGISTER})\\b`),
  symbol: /[A-Za-z_.$][\w.$]*/,
  tokenizer: {
    // Where a statement begins: label, directive, preprocessor line or mnemonic.
    root: [
      [/^\s*#\s*(?:include|define|undef|ifn?def|if|elif|else|endif|error|pragma|line|warning)\b[^\n]*/, 'keyword.directive'],
      { include: '@blank' },
      [/\n/, ''],
      [/(?:@symbol|\d+|"[^"\n]*"):/, 'type.identifier'],
      [/\.[A-Za-z_]\w*/, { token: 'keyword.directive', next: '@operands' }],
      [/(@symbol)([ \t]*)(=)/, ['variable', '', { token: 'operator', next: '@operands' }]],
      [/(?:rep(?:n?[ez])?|lock|data16|data32|addr16|addr32|cs|ds|es|fs|gs|ss)\b(?=[ \t]+[a-z])/, 'keyword'],
      [/@symbol/, { token: 'keyword', next: '@operands' }],
      [/;/, 'delimiter'],
    ],
    // The rest of the statement, up to the end of the line or a semicolon.
    operands: [
      { include: '@blank' },
      [/\n/, { token: '', next: '@pop' }],
      [/;/, { token: 'delimiter', next: '@pop' }],
      [/@register/, 'variable.predefined'],
      // Intel's syntax.
      [/\b(?:byte|word|dword|fword|qword|tbyte|[xyz]mmword|oword)(?:[ \t]+ptr\b)?|\b(?:offset|ptr|short|near|far)\b/i, 'keyword.directive'],
      // An immediate's mark, not the start of a symbol.
      [/\$/, 'operator'],
      [/0[xX][0-9a-fA-F]+/, 'number.hex'],
      [/0[bB][01]+/, 'number.binary'],
      [/\d+[bf]\b/, 'type.identifier'],
      [/\d[0-9a-fA-F]*[hH]\b/, 'number.hex'],
      [/\d+/, 'number'],
      [/"/, { token: 'string.quote', next: '@string' }],
      [/'(?:\\.|[^\\\n])'?/, 'string'],
      [/[@%](?:function|object|progbits|nobits|note|notype)\b/, 'keyword.directive'],
      [/\\@|\\[A-Za-z_]\w*/, 'variable'],
      [/@symbol/, 'identifier'],
      [/[-+*/%&|^~!<>=:,()[\]]/, 'delimiter'],
    ],
    blank: [
      [/[ \t\r]+/, ''],
      [/\/\*/, { token: 'comment', next: '@comment' }],
      [/(?:#|\/\/)[^\n]*/, 'comment'],
    ],
    comment: [
      [/[^/*]+/, 'comment'],
      [/\*\//, { token: 'comment', next: '@pop' }],
      [/[/*]/, 'comment'],
    ],
    string: [
      [/[^\\"\n]+/, 'string'],
      [/\\(?:[0-7]{1,3}|x[0-9a-fA-F]+|[^\n])/, 'string.escape'],
      [/"/, { token: 'string.quote', next: '@pop' }],
      [/\\?\n/, { token: '', next: '@popall' }],
    ],
  },
}

export const gasConfiguration: languages.LanguageConfiguration = {
  comments: { lineComment: '#', blockComment: ['/*', '*/'] },
  brackets: [
    ['(', ')'],
    ['[', ']'],
    ['{', '}'],
  ],
  autoClosingPairs: [
    { open: '(', close: ')' },
    { open: '[', close: ']' },
    { open: '"', close: '"', notIn: ['string', 'comment'] },
  ],
}
