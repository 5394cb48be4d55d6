import { useEffect, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { usePanes, type RightPane } from '../../app/panes'
import { strings } from '../../app/strings'
import { EmptyState } from '../../ui/EmptyState'
import { panelId, tabId, Tabs, type Tab } from '../../ui/Tabs'
import { ReportView } from './ReportView'
import { SerialPane } from './SerialPane'

const { machine: text } = strings
const NAME = 'right'

/** Serial ports and report, below the screen. */
export function MachinePane(): ReactElement {
  const { machine } = useLab()
  const { right, showRight } = usePanes()
  const report = useStore(machine.store, (view) => view.report)
  const received = useStore(machine.store, (view) => view.received)

  // What a person has to see comes to the front by itself; a plain stop does not.
  useEffect(() => {
    if (report && report.reason !== 'stopped') showRight('report')
  }, [report, showRight])

  const tabs: Tab<RightPane>[] = [
    { id: 'com1', label: text.serial },
    ...(received.debug > 0 || right === 'debug' ? [{ id: 'debug' as const, label: text.debugPort }] : []),
    { id: 'report', label: text.report },
  ]
  return (
    <section className="pane" aria-label={text.lower}>
      <Tabs name={NAME} label={text.lower} tabs={tabs} active={right} onSelect={showRight} />
      <div className="pane-body" role="tabpanel" id={panelId(NAME)} aria-labelledby={tabId(NAME, right)}>
        {right === 'report' ? (
          report ? (
            <ReportView report={report} />
          ) : (
            <EmptyState icon="report" title={text.reportEmpty} hint={text.reportEmptyHint} />
          )
        ) : (
          <SerialPane key={right} port={right} />
        )}
      </div>
    </section>
  )
}
