import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import * as z from 'zod'
import { App, Workbench } from './app/App'
import { followMenu } from './app/app-menu'
import { followSettings } from './app/appearance'
import { createLab, LabContext } from './app/lab'
import { openPortFor } from './app/transport'
import { MonacoEditor } from './features/editor/monaco-on-demand'
import './app/theme.css'
import './app/layout.css'

// The content security policy forbids compiling schemas to code.
z.config({ jitless: true })

const root = document.getElementById('root')
if (!root) throw new Error('index.html lacks the root element.')

const lab = createLab({ openPort: openPortFor(window), localStorage, sessionStorage })
followSettings(lab.settings, window)
followMenu(lab)
window.addEventListener('focus', () => lab.comeBack())
window.addEventListener('pagehide', () => lab.leave())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') lab.leave()
})
lab.connection.start()
// Most starts show the last project at once, and from the welcome page the next step is one.
for (const part of [Workbench, MonacoEditor]) void part.preload()

createRoot(root).render(
  <StrictMode>
    <LabContext value={lab}>
      <App />
    </LabContext>
  </StrictMode>,
)
