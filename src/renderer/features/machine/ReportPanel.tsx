import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { ReportView } from './ReportView'

export function ReportPanel(): ReactElement {
  const { machine } = useLab()
  const { machine: text } = useStrings()
  const report = useStore(machine.store, (view) => view.report)
  return report ? <ReportView report={report} /> : <EmptyState icon="report" title={text.reportEmpty} hint={text.reportEmptyHint} />
}
