/**
 * What kind of machine this is. Figures of two machines are not comparable; those of one class are, within the noise of
 * whoever else uses it.
 */
import { availableParallelism, cpus } from 'node:os';

/** glibc hands large blocks out as huge pages (glibc 2.35 and later, transparent huge pages `madvise` or `always`). */
export const HUGE_PAGE_TUNABLE = 'glibc.malloc.hugetlb=1';

export interface MachineClass {
  readonly cpu: string;
  readonly cores: number;
  readonly nodeMajor: number;
  readonly hugePages: boolean;
}

export function machineClass(tunables: string | undefined): MachineClass {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    nodeMajor: Number(process.versions.node.split('.')[0]),
    hugePages: process.platform === 'linux' && (tunables ?? '').includes(HUGE_PAGE_TUNABLE),
  };
}

/** The class as a file name. */
export function classSlug(machine: MachineClass): string {
  const cpu = machine.cpu
    .toLowerCase()
    .replaceAll(/\(r\)|\(tm\)|@.*$/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `${cpu}-${machine.cores}c-node${machine.nodeMajor}${machine.hugePages ? '-huge' : ''}`;
}
