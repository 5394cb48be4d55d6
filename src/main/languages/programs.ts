/** The language servers: what they are called, how they are started, how one gets them. */
import type { LanguageServerId } from '../../shared/language-servers'

export interface ServerProgram {
  /** Names of its program without an extension; the first group is the version in a name such as clangd-18. */
  names: RegExp
  /** Names this program and no other. */
  variable: string
  args: readonly string[]
  /** Finds the version in what `--version` prints. */
  version: RegExp
  /** The command that gets it, by Node's name of the platform. */
  install: Readonly<Record<string, string>>
  installElsewhere: string
}

export const SERVER_PROGRAMS: Readonly<Record<LanguageServerId, ServerProgram>> = {
  clangd: {
    names: /^clangd(?:-(\d+))?$/,
    variable: 'BOOTLAB_CLANGD',
    // Its configuration files could set other flags than the builds have. Its index goes beside the compile commands.
    args: ['--enable-config=false', '--background-index', '--clang-tidy=false', '--header-insertion-decorators=false', '--limit-results=200', '--pch-storage=memory', '-j=2', '--log=error'],
    version: /\bversion (\d+(?:\.\d+)*)/,
    install: { win32: 'winget install LLVM.LLVM', darwin: 'xcode-select --install', linux: 'sudo apt install clangd' },
    installElsewhere: "your system's package manager: the package is called clangd or clang-tools",
  },
  'rust-analyzer': {
    names: /^rust-analyzer$/,
    variable: 'BOOTLAB_RUST_ANALYZER',
    args: [],
    version: /\b(\d+(?:\.\d+)+|\d{4}-\d\d-\d\d)/,
    install: {},
    installElsewhere: 'rustup component add rust-analyzer',
  },
}

export const installCommand = (id: LanguageServerId, platform: string = process.platform): string => SERVER_PROGRAMS[id].install[platform] ?? SERVER_PROGRAMS[id].installElsewhere
