import { useMemo, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { EditorGroupView } from './EditorGroupView'
import { geometryOf, type Box } from './groups'
import { GroupSash } from './GroupSash'
import './editor.css'

const percent = ({ left, top, width, height }: Box) => ({ left: `${left * 100}%`, top: `${top * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` })

/** The editor's groups, each at its place. They lie beside each other in the page: a split moves none to another parent, so each keeps its editor. */
export function EditorPanel(): ReactElement {
  const { documents } = useLab()
  const { root, focused } = useStore(documents.store, (state) => state.groups)
  const { groups, sashes } = useMemo(() => geometryOf(root), [root])
  return (
    <div className="editor-groups">
      {groups.map(({ id, ...box }, index) => (
        <div key={id} className={`editor-group ${id === focused ? 'editor-group-focused' : ''}`} style={percent(box)}>
          <EditorGroupView id={id} number={index + 1} alone={groups.length === 1} corner={box.top === 0 && box.left + box.width > 0.999} />
        </div>
      ))}
      {sashes.map((sash) => (
        <GroupSash key={[...sash.way, sash.index].join('.')} sash={sash} />
      ))}
    </div>
  )
}
