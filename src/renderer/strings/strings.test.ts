import ts from 'typescript'
import { afterEach, expect, test } from 'vitest'
import { languageFor } from '../../shared/languages'
import { catalogues, currentStrings, setLanguage, type Strings } from '.'

const { en, 'zh-CN': zhCn } = catalogues
/** The same in every language: names, and what is written so everywhere. */
const SAME = new Set([
  'product',
  'inside.tables.dpl',
  'languages.ready',
  'status.firmware',
  'settings.choices.en',
  'settings.choices.zh-CN',
  'usb.off.allowCommand',
  'usb.pick.sha256',
  ...['usb', 'nvme', 'sata', 'scsi'].map((bus) => `usb.bus.${bus}`),
  ...['fat12', 'fat16', 'fat32', 'exfat'].map((name) => `usb.parts.fileSystems.${name}`),
])
/** Keys and names of makers are the same for many, and in another language for some. */
const maySame = (path: string): boolean => path.startsWith('usb.makerKeys.')
const SAMPLE_ARGUMENTS = [2, 2, 2]

/** Path and text of every entry; functions are called. */
function textsOf(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, String(value(...SAMPLE_ARGUMENTS))]]
  if (typeof value !== 'object' || value === null) throw new Error(`${path} is no text.`)
  return Object.entries(value).flatMap(([key, child]) => textsOf(child, path === '' ? key : `${path}.${key}`))
}

const catalogue = ({ format: _format, ...texts }: Strings): Map<string, string> => new Map(textsOf(texts, ''))

afterEach(() => setLanguage('en'))

test('every text of the English catalogue is there in Chinese, and no other', () => {
  expect([...catalogue(zhCn).keys()].toSorted()).toEqual([...catalogue(en).keys()].toSorted())
  for (const [path, text] of catalogue(zhCn)) expect(text.trim(), path).not.toBe('')
})

test('nothing is left untranslated by accident', () => {
  const english = catalogue(en)
  const same = [...catalogue(zhCn)].filter(([path, text]) => english.get(path) === text && !maySame(path)).map(([path]) => path)
  expect(same.toSorted()).toEqual([...SAME].toSorted())
  const withoutChinese = [...catalogue(zhCn)].filter(([path, text]) => !SAME.has(path) && !maySame(path) && /\p{L}/u.test(text) && !/\p{Script=Han}/u.test(text)).map(([path]) => path)
  expect(withoutChinese).toEqual([])
})

test('the language changes without a restart, and follows the system when it is Chinese', () => {
  expect(currentStrings().toolbar.build).toBe('Build')
  setLanguage('zh-CN')
  expect(currentStrings().toolbar.build).toBe('构建')
  expect(['zh', 'zh-CN', 'zh-Hant-TW', 'en-GB', 'de', 'zho'].map((tag) => languageFor([tag]))).toEqual(['zh-CN', 'zh-CN', 'zh-CN', 'en', 'en', 'en'])
  expect(languageFor([])).toBe('en')
})

test('numbers and times as each language writes them', () => {
  expect([0.2, 7, 840, 2400, 12_400].map(en.format.duration)).toEqual(['<1 ms', '7 ms', '840 ms', '2.4 s', '12 s'])
  expect([950, 12_340, 4_560_000, 1_200_000_000].map(en.format.count)).toEqual(['950', '12.3 k', '4.56 M', '1.20 G'])
  expect([950, 12_340, 456_000_000].map(zhCn.format.count)).toEqual(['950', '1.23万', '4.56亿'])
  expect(zhCn.format.duration(2400)).toBe('2.4 秒')
  const now = Date.UTC(2026, 0, 2)
  expect(en.format.ago(now - 3 * 3_600_000, now)).toBe('3 hours ago')
  expect(en.format.ago(now - 5_000, now)).toBe('this minute')
  expect(zhCn.format.ago(now - 86_400_000, now)).toBe('昨天')
  expect([999, 999_500, 67_108_864, 16e9].map(en.format.bytes)).toEqual(['999 bytes', '1 MB', '67.1 MB', '16 GB'])
  expect([512, 1_500_000].map(zhCn.format.bytes)).toEqual(['512 字节', '1.5 MB'])
  expect([5, 42, 180, 4_800].map(en.format.timeLeft)).toEqual(['a few seconds', '40 s', '3 min', '1 h 20 min'])
  expect([5, 42, 4_800].map(zhCn.format.timeLeft)).toEqual(['几秒', '40 秒', '1 小时 20 分钟'])
  expect(en.format.day(Date.UTC(2026, 0, 2, 12))).toBe('Jan 2, 2026')
  expect(zhCn.format.day(Date.UTC(2026, 0, 2, 12))).toBe('2026年1月2日')
  expect([1, 2, 1_000].map(en.editor.restored)).toEqual(['Restored unsaved text in 1 file', 'Restored unsaved text in 2 files', 'Restored unsaved text in 1,000 files'])
})

/** Attributes that people read or hear. */
const SPOKEN = new Set(['title', 'label', 'hint', 'alt', 'placeholder', 'aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext'])
const VALUE_OPERATORS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.PlusToken,
])
const components: Record<string, string> = import.meta.glob('../**/*.tsx', { query: '?raw', import: 'default', eager: true })

/** Texts that stand in a component instead of the catalogue. */
function looseTexts(file: string, source: string): string[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const found: string[] = []
  const note = (node: ts.Node, text: string): void => {
    if (/\p{L}{2}/u.test(text)) found.push(`${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text.trim()}`)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) note(node, node.text)
    else if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText()) && node.initializer) {
      const { initializer } = node
      if (ts.isStringLiteral(initializer)) note(node, initializer.text)
      else if (ts.isJsxExpression(initializer) && initializer.expression) noteLiterals(initializer.expression)
    } else if (ts.isJsxExpression(node) && node.expression && (ts.isJsxElement(node.parent) || ts.isJsxFragment(node.parent))) noteLiterals(node.expression)
    ts.forEachChild(node, visit)
  }
  /** Literals that an expression's value may be, as in `a ? 'one' : b && 'two'`. */
  const noteLiterals = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) note(node, node.text)
    else if (ts.isTemplateExpression(node)) for (const span of [node.head, ...node.templateSpans.map(({ literal }) => literal)]) note(node, span.text)
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(noteLiterals)
    else if (ts.isBinaryExpression(node) && VALUE_OPERATORS.has(node.operatorToken.kind)) [node.left, node.right].forEach(noteLiterals)
    else if (ts.isParenthesizedExpression(node)) noteLiterals(node.expression)
  }
  visit(tree)
  return found
}

test('no text stands in a component', () => {
  expect(Object.keys(components).length).toBeGreaterThan(20)
  expect(Object.entries(components).flatMap(([file, source]) => looseTexts(file, source))).toEqual([])
})

test('the search for loose texts finds them', () => {
  const loose = (body: string): number => looseTexts('a.tsx', `const a = <>${body}</>`).length
  expect(loose('<p>Hello there</p>')).toBe(1)
  expect(loose('<p title="Hello">{text}</p>')).toBe(1)
  expect(loose("<p aria-label={a ? 'Open it' : b}>{c && `Name ${d}`}</p>")).toBe(2)
  expect(loose("<p className='hello' data-testid='there'>{text} · {a === b && text}</p>")).toBe(0)
})
