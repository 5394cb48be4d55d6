/** Highlighting of makefiles. Source: the manual of GNU make, chapters 3 to 8 and its quick reference. */
import type { languages } from 'monaco-editor/editor'

export const makefileLanguage: languages.IMonarchLanguage = {
  defaultToken: '',
  tokenPostfix: '.make',
  includeLF: true,
  directive: /(?:-?include|sinclude|define|endef|undefine|ifdef|ifndef|ifeq|ifneq|else|endif|export|unexport|override|private|vpath)\b/,
  tokenizer: {
    root: [
      [/^\t[@+-]*/, { token: 'keyword', next: '@recipe' }],
      [/^ *@directive/, 'keyword.directive'],
      [/^ *\.[A-Z_]+(?=\s*:)/, 'keyword.directive'],
      [/^[^\s#$=:?+!][^#$=:?+!\n]*?(?=\s*(?:::?:?|[?+!])?=)/, 'variable'],
      [/^[^\s#=:$][^#=:\n$]*(?=::?(?!=))/, 'type.identifier'],
      [/[:?+!]*=|::?|\|/, 'delimiter'],
      { include: '@common' },
      [/[^\s$#=:|"']+/, ''],
      [/["']/, 'string'],
    ],
    recipe: [
      [/\\\n\t?/, ''],
      [/\n/, { token: '', next: '@pop' }],
      [/\$\$\w*/, 'variable.predefined'],
      { include: '@common' },
      [/"(?:[^"$\\\n]|\\.)*"?|'[^'$\n]*'?/, 'string'],
      [/(?:^|\s)--?[A-Za-z][\w-]*/, 'number'],
      [/[^\s$#"'\\]+|["'\\]/, ''],
    ],
    common: [
      [/[ \r\n]+|\t/, ''],
      [/#(?:[^\\\n]|\\[^\n])*/, 'comment'],
      [/\\\n/, ''],
      [/\$[@<^?*+%|]|\$\([@<^?*+%|][DF]\)/, 'variable.predefined'],
      [/\$[({](?=[a-z]+[ \t])/, { token: 'delimiter', next: '@function' }],
      [/\$\([^()$\n]*\)|\$\{[^{}$\n]*\}|\$\w/, 'variable'],
      [/\$[({]/, { token: 'delimiter', next: '@reference' }],
      [/\$/, ''],
    ],
    function: [
      [/[a-z]+(?=[ \t])/, { token: 'keyword', switchTo: '@reference' }],
      [/./, { token: '', switchTo: '@reference' }],
    ],
    reference: [
      [/[)}]/, { token: 'delimiter', next: '@pop' }],
      [/\n/, { token: '', next: '@pop' }],
      { include: '@common' },
      [/[^)}$\n#\\ \t]+|\\/, 'variable'],
    ],
  },
}

export const makefileConfiguration: languages.LanguageConfiguration = {
  comments: { lineComment: '#' },
  brackets: [
    ['(', ')'],
    ['{', '}'],
  ],
  autoClosingPairs: [
    { open: '(', close: ')' },
    { open: '{', close: '}' },
    { open: '"', close: '"', notIn: ['string', 'comment'] },
  ],
}
