import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Diagnosis } from '../../../shared/diagnosis'
import { createLab, type Lab } from '../../app/lab'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { memoryStorage } from '../../testing/memory-storage'

/** Finds each "1" of kernel.c at fault, and wants a "2" there. */
function diagnose(text: string): Diagnosis {
  const column = text.indexOf('1') + 1
  const finding = {
    severity: 'error' as const,
    source: 'target' as const,
    code: 'one',
    message: 'A one.',
    why: 'Ones are wrong.',
    file: 'kernel.c',
    line: 1,
    column,
    fix: { title: 'Write 2', edits: [{ file: 'kernel.c', range: { line: 1, column, endLine: 1, endColumn: column + 1 }, text: '2' }] },
    diff: 'the diff',
  }
  const fixed = text.replaceAll('1', '2')
  return { compiler: 'rustc 1.96', files: ['kernel.c'], findings: column === 0 ? [] : [finding], repairs: fixed === text ? [] : [{ path: 'kernel.c', text: fixed, diff: 'all' }] }
}

let services: ReturnType<typeof createFakeServices>
let lab: Lab
const state = () => lab.projectDoctor.store.getState()
const text = (): string | undefined => lab.documents.store.getState().documents['kernel.c']?.text
const codes = (): string[] | undefined => state().diagnosis?.findings.map(({ code }) => code)

beforeEach(async () => {
  services = createFakeServices()
  services.files.set('kernel.c', 'int a = 1; int b = 1;\n')
  services.script.diagnose = (unsaved) => diagnose(unsaved.find(({ path }) => path === 'kernel.c')?.text ?? services.files.get('kernel.c') ?? '')
  lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage: memoryStorage(), openedDelay: 0 })
  lab.connection.start()
  await vi.waitFor(() => expect(lab.projects.store.getState().view).not.toBe('starting'))
  await lab.openProject(DIRECTORY)
  await vi.waitFor(() => expect(codes()).toEqual(['one']))
})
afterEach(() => vi.restoreAllMocks())

async function previewFirst(): Promise<void> {
  const [finding] = state().diagnosis?.findings ?? []
  if (finding) await lab.projectDoctor.previewFix(finding)
}

test('a fix is looked at first, then made in the editor, and the text examined again', async () => {
  await previewFirst()
  expect(state().preview).toEqual({ title: 'Write 2', changes: [{ path: 'kernel.c', text: 'int a = 2; int b = 1;\n', diff: 'the diff' }] })
  expect(text()).toBe('int a = 1; int b = 1;\n')
  await lab.projectDoctor.apply()
  expect(text()).toBe('int a = 2; int b = 1;\n')
  expect(services.files.get('kernel.c')).toBe('int a = 1; int b = 1;\n')
  await vi.waitFor(() => expect(state().diagnosis?.findings[0]?.column).toBe(20))
})

test('all fixes leave nothing to find; the unsaved text counts', async () => {
  lab.projectDoctor.previewAll()
  await lab.projectDoctor.apply()
  await vi.waitFor(() => expect(codes()).toEqual([]))
  expect(text()).toBe('int a = 2; int b = 2;\n')
})

test('a fix for a text that was typed on is not made', async () => {
  await previewFirst()
  lab.documents.edit('kernel.c', 'x\nint a = 1;\n')
  await lab.projectDoctor.apply()
  expect(text()).toBe('x\nint a = 1;\n')
  expect(lab.notifications.store.getState().items.map(({ failure }) => failure.what)).toEqual(['The text changed in the meantime'])
})

test('a change in a file ends what the build said about it', async () => {
  services.script.build = {
    log: [],
    result: { ok: false, problems: [{ severity: 'error', source: 'compiler', message: 'x', file: 'kernel.c', line: 1 }, { severity: 'error', source: 'linker', message: 'y' }], steps: [], milliseconds: 1 },
  }
  lab.commands.build()
  await vi.waitFor(() => expect(lab.build.store.getState().problems).toHaveLength(2))
  lab.projectDoctor.previewAll()
  await lab.projectDoctor.apply()
  expect(lab.build.store.getState().problems.map(({ message }) => message)).toEqual(['y'])
})

test("a compiler's suggestion is looked at first, too, and not made on a text that changed since the build", async () => {
  const problem = {
    severity: 'error' as const,
    source: 'compiler' as const,
    message: "expected ';'",
    file: 'kernel.c',
    line: 1,
    fix: { title: "Insert ';'", edits: [{ file: 'kernel.c', range: { line: 1, column: 11, endLine: 1, endColumn: 11 }, text: ';' }] },
  }
  await lab.projectDoctor.previewFix(problem)
  expect(state().preview).toEqual({
    title: "Insert ';'",
    changes: [{ path: 'kernel.c', text: 'int a = 1;; int b = 1;\n', diff: '--- a/kernel.c\n+++ b/kernel.c\n@@ -1,1 +1,1 @@\n-int a = 1; int b = 1;\n+int a = 1;; int b = 1;\n' }],
  })
  lab.projectDoctor.dismiss()
  lab.documents.edit('kernel.c', 'int c;\n')
  await lab.projectDoctor.previewFix(problem)
  expect(state().preview).toBeUndefined()
})
