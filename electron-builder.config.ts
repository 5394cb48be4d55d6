/**
 * How `npm run package` makes installers; docs/packaging.md says what of it was tried. What belongs to whoever publishes comes from the environment:
 * certificates (CSC_LINK …, APPLE_ID or APPLE_API_KEY …, as electron-builder documents them) and
 *
 * - BOOTLAB_UPDATE_URL: folder of the update feed on a web server; without it, the app has no updates;
 * - BOOTLAB_HOMEPAGE, BOOTLAB_MAINTAINER ("Name <address>"): named in .deb and .rpm, which need them;
 * - BOOTLAB_ELECTRON_DIST: an unpacked Electron, or a folder of its zip files, instead of a download;
 * - BOOTLAB_PACKAGE_PROFILE=test: an app that test runners may start and look into.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Arch, type Configuration, type FileSet } from 'electron-builder'
import { ARCHITECTURES, PLATFORMS, type Platform } from './packaging/zig-files'
import { stageFolder, stageZig } from './packaging/zig-stage'

const root = import.meta.dirname
const { env } = process
const forTests = env['BOOTLAB_PACKAGE_PROFILE'] === 'test'

/** What other processes and threads read: it lies beside the archive. */
const asarUnpack = ['out/main/emulator-worker.js', 'out/main/image-worker.js', 'out/main/search-worker.js', 'out/main/usb-writer.js', 'out/main/chunks/**', 'resources/**', 'node_modules/{fast-plist,js-fatfs,xz-decompress,zstddec}/**']

const files = [
  'package.json',
  'bin/bootlab.mjs',
  'out/{main,preload,renderer}/**',
  'resources/templates/**',
  '!**/*.{map,ts,mts,cts}',
  // zig comes trimmed, below; zod is inside the bundles.
  '!node_modules/{@zigc,zod}{,/**}',
]

/** The compiler, made ready by `beforePack`. */
const zig = (platform: Platform): FileSet[] => [{ from: stageFolder('.', platform, '${arch}'), to: 'app.asar.unpacked/node_modules/@zigc' }]
const everyArch = (...targets: string[]) => targets.map((target) => ({ target, arch: [...ARCHITECTURES] }))

const config: Configuration = {
  appId: 'org.bootlab.Bootlab',
  productName: 'Bootlab',
  copyright: 'MIT licence',
  directories: { output: 'dist', buildResources: 'packaging' },
  artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
  ...(env['BOOTLAB_ELECTRON_DIST'] ? { electronDist: env['BOOTLAB_ELECTRON_DIST'] } : {}),
  // The languages that the window speaks.
  electronLanguages: ['en', 'zh_CN'],
  // No package has native code.
  npmRebuild: false,
  nodeGypRebuild: false,
  asar: true,
  asarUnpack,
  files,
  extraMetadata: {
    ...(env['BOOTLAB_HOMEPAGE'] ? { homepage: env['BOOTLAB_HOMEPAGE'] } : {}),
    ...(env['BOOTLAB_MAINTAINER'] ? { author: env['BOOTLAB_MAINTAINER'] } : {}),
  },
  publish: env['BOOTLAB_UPDATE_URL'] ? [{ provider: 'generic', url: env['BOOTLAB_UPDATE_URL'] }] : null,

  beforePack: ({ electronPlatformName, arch }) => {
    if (!existsSync(join(root, 'out/renderer/licences.json'))) throw new Error('Bootlab is not built: run npm run build.')
    const platform = PLATFORMS.find((one) => one === electronPlatformName)
    const architecture = ARCHITECTURES.find((one) => one === Arch[arch])
    if (platform === undefined || architecture === undefined) throw new Error(`There is no compiler for ${electronPlatformName} on ${Arch[arch]}.`)
    stageZig(root, platform, architecture)
  },

  electronFuses: {
    // The process that writes drives is this program as Node: only so can pkexec, RunAs and authopen give it rights that the window never has.
    runAsNode: true,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: forTests,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  },

  // One app for each processor: a universal one would carry two compilers.
  mac: {
    target: everyArch('dmg', 'zip'),
    extraResources: zig('darwin'),
    category: 'public.app-category.developer-tools',
    icon: 'packaging/icons/icon.icns',
    hardenedRuntime: true,
    entitlements: 'packaging/macos/entitlements.plist',
    entitlementsInherit: 'packaging/macos/entitlements.plist',
    notarize: env['APPLE_API_KEY'] !== undefined || env['APPLE_ID'] !== undefined || env['APPLE_KEYCHAIN_PROFILE'] !== undefined,
    extendInfo: {
      CFBundleDocumentTypes: [
        { CFBundleTypeName: 'Folder', CFBundleTypeRole: 'Editor', LSHandlerRank: 'Alternate', LSItemContentTypes: ['public.folder'] },
        { CFBundleTypeName: 'Disk image', CFBundleTypeRole: 'Viewer', LSHandlerRank: 'Alternate', CFBundleTypeExtensions: ['img'] },
      ],
    },
  },

  win: { target: everyArch('nsis', 'zip'), extraResources: zig('win32'), icon: 'packaging/icons/icon.ico' },
  nsis: {
    oneClick: false,
    perMachine: false,
    allowToChangeInstallationDirectory: true,
    buildUniversalInstaller: false,
    // "Open in Bootlab" for folders, and a place among the programs that open .img files.
    include: 'packaging/windows/installer.nsh',
  },

  linux: {
    target: everyArch('AppImage', 'deb', 'rpm'),
    extraResources: zig('linux'),
    executableName: 'bootlab',
    icon: 'packaging/icons/linux',
    category: 'Development',
    synopsis: 'A desktop lab for people who write kernels',
    mimeTypes: ['inode/directory', 'application/x-raw-disk-image'],
    desktop: { entry: { Keywords: 'kernel;emulator;boot;assembler;', StartupWMClass: 'bootlab' } },
  },
  deb: { recommends: ['pkexec'] },
}

export default config
