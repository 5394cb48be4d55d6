/** What the environment decides, and what the systems are told; package.test.ts looks at the packaged app. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Configuration } from 'electron-builder'
import { afterEach, expect, it, vi } from 'vitest'
import { locate } from '../src/main/services/locations'

const { root } = locate()
afterEach(() => vi.unstubAllEnvs())

async function configWith(env: Record<string, string | undefined>): Promise<Configuration> {
  for (const name of ['BOOTLAB_UPDATE_URL', 'BOOTLAB_PACKAGE_PROFILE', 'APPLE_ID', 'APPLE_API_KEY', 'APPLE_KEYCHAIN_PROFILE']) vi.stubEnv(name, env[name])
  vi.resetModules()
  return (await import('../electron-builder.config')).default
}

it('opens to inspectors and test runners only an app that is made for them', async () => {
  expect((await configWith({})).electronFuses).toMatchObject({ enableNodeCliInspectArguments: false, enableNodeOptionsEnvironmentVariable: false, onlyLoadAppFromAsar: true, enableEmbeddedAsarIntegrityValidation: true })
  expect((await configWith({ BOOTLAB_PACKAGE_PROFILE: 'test' })).electronFuses).toMatchObject({ enableNodeCliInspectArguments: true, enableNodeOptionsEnvironmentVariable: false })
})

it('has updates only from where the environment says, and notarises only with an account', async () => {
  const plain = await configWith({})
  expect([plain.publish, plain.mac?.notarize]).toEqual([null, false])
  const published = await configWith({ BOOTLAB_UPDATE_URL: 'https://updates.example/bootlab', APPLE_ID: 'ada@example.org' })
  expect([published.publish, published.mac?.notarize]).toEqual([[{ provider: 'generic', url: 'https://updates.example/bootlab' }], true])
})

it('tells each system of folders and disk images', async () => {
  const { mac, linux, nsis } = await configWith({})
  expect(JSON.stringify(mac?.extendInfo)).toMatch(/public\.folder.*"img"/)
  expect(linux?.mimeTypes).toEqual(['inode/directory', 'application/x-raw-disk-image'])
  const script = await readFile(join(root, String(nsis?.include)), 'utf8')
  // What is written at installing goes at uninstalling.
  const keys = [...script.matchAll(/bootlabFolderVerb "([^"]+)"|WriteRegStr SHELL_CONTEXT "Software\\Classes\\(Bootlab\.[\w.]+|\.img\\OpenWithProgids)"/g)].map(([, verb, key]) => (verb === undefined ? key : `${verb}\\shell\\Bootlab`))
  expect(keys.length).toBeGreaterThan(3)
  for (const key of keys) expect(script).toContain(`DeleteReg${key === '.img\\OpenWithProgids' ? 'Value' : 'Key'} SHELL_CONTEXT "Software\\Classes\\${key}"`)
})
