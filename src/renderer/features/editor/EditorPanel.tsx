import { lazy, Suspense, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { MaximizeButton } from '../../app/MaximizeButton'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { TabClose } from '../../ui/TabClose'
import { panelId, tabId, Tabs } from '../../ui/Tabs'
import { isDirty } from './documents'
import { FileMenu } from './FileMenu'

const MonacoEditor = lazy(() => import('./MonacoEditor').then((module) => ({ default: module.MonacoEditor })))

const NAME = 'files'

export function EditorPanel(): ReactElement {
  const { editor: text } = useStrings()
  const { documents, projects, commands } = useLab()
  const { open, active, documents: texts } = useStore(documents.store)
  const project = useStore(projects.store, (state) => state.project)
  const roles = new Map([
    [project?.entry, text.entry],
    [project?.target, text.target],
    ['bootlab.json', text.manifest],
  ])
  const tabs = open.map((path) => {
    const dirty = isDirty(texts[path])
    const role = roles.get(path)
    return {
      id: path,
      title: role === undefined ? path : `${path} (${role})`,
      className: dirty ? 'tab-dirty' : '',
      label: (
        <>
          {path}
          {dirty && <span className="visually-hidden"> ({text.unsaved})</span>}
        </>
      ),
      after: <TabClose title={text.close(path)} onClose={() => commands.closeFile(path)} />,
    }
  })
  return (
    <>
      <Tabs name={NAME} label={text.tabs} tabs={tabs} active={active} onSelect={documents.activate} onDelete={commands.closeFile}>
        <FileMenu />
        <MaximizeButton panel="editor" />
      </Tabs>
      <div className="pane-body" role="tabpanel" id={panelId(NAME)} aria-labelledby={active === undefined ? undefined : tabId(NAME, active)}>
        {open.length === 0 && <EmptyState icon="file" title={text.empty} hint={text.emptyHint} />}
        <div className="editor-holder" hidden={open.length === 0}>
          <Suspense fallback={<p className="loading">{text.loading}</p>}>
            <MonacoEditor />
          </Suspense>
        </div>
      </div>
    </>
  )
}
