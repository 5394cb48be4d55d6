import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { pathsToOpen } from './arguments'

const cwd = resolve('/home/ada')
const paths = (...args: string[]): string[] => pathsToOpen(args, { cwd, appPath: resolve('/lab') })

it('takes paths, relative ones from where the command was given', () => {
  expect(paths('kernel', resolve('/images/a b.img'))).toEqual([resolve(cwd, 'kernel'), resolve('/images/a b.img')])
})

it("takes file managers' addresses", () => {
  expect(paths(pathToFileURL(resolve('/images/ä %.img')).href)).toEqual([resolve('/images/ä %.img')])
})

it.each([['--no-sandbox'], ['--user-data-dir=/x'], ['-psn_0_1'], [''], ['https://example.org/x.img'], ['file://server.example/x%2Fy'], ['javascript:alert(1)']])('%j is nothing to open', (arg) => {
  expect(paths(arg)).toEqual([])
})

it('does not open the checkout that Electron runs', () => {
  expect(paths('--inspect', resolve('/lab'), 'kernel')).toEqual([resolve(cwd, 'kernel')])
})
