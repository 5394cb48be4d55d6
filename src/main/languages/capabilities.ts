/** What the window can show, for the first message to a server. */
import type { ClientCapabilities } from 'vscode-languageserver-protocol'

const markdown: ('markdown' | 'plaintext')[] = ['markdown', 'plaintext']

export const CAPABILITIES = {
  general: { positionEncodings: ['utf-16'] },
  workspace: { configuration: true },
  textDocument: {
    synchronization: { didSave: false },
    completion: {
      contextSupport: true,
      completionItem: {
        snippetSupport: true,
        documentationFormat: markdown,
        deprecatedSupport: true,
        preselectSupport: true,
        labelDetailsSupport: true,
        tagSupport: { valueSet: [1] },
        resolveSupport: { properties: ['documentation', 'detail', 'additionalTextEdits'] },
      },
    },
    hover: { contentFormat: markdown },
    definition: { linkSupport: true },
    signatureHelp: { contextSupport: true, signatureInformation: { documentationFormat: markdown, parameterInformation: { labelOffsetSupport: true }, activeParameterSupport: true } },
  },
  // rust-analyzer says by it when it has read the project.
  experimental: { serverStatusNotification: true },
} satisfies ClientCapabilities
