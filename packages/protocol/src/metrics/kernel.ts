/**
 * What the Linux kernel counts and knows beside load, memory, disks and interfaces. OpenTelemetry's names where it has
 * one; `system.linux.*` is ours. A `{state}` is 1 or 0. Events that are rare keep four decimals, and errors that a
 * device keeps a count of are that count: one that happened last night must still be seen in the morning.
 */
import { bytes, byteRate, eventRate, type MetricInfo, rareRate, ratio, whole } from './info.ts';

export type KernelMetricName =
  | 'system.linux.cpu.context_switches'
  | 'system.linux.cpu.interrupts'
  | 'system.process.created'
  | 'system.paging.faults'
  | 'system.linux.memory.oom_kills'
  | 'system.linux.file_descriptors.usage'
  | 'system.linux.file_descriptors.utilization'
  | 'system.linux.entropy.available'
  | 'system.network.connection.count'
  | 'system.linux.socket.count'
  | 'system.linux.socket.memory'
  | 'system.linux.tcp.segments'
  | 'system.linux.tcp.retransmits'
  | 'system.linux.tcp.opened'
  | 'system.linux.tcp.errors'
  | 'system.linux.udp.datagrams'
  | 'system.linux.udp.errors'
  | 'system.linux.conntrack.usage'
  | 'system.linux.conntrack.limit'
  | 'system.linux.conntrack.utilization'
  | 'system.linux.conntrack.dropped'
  | 'system.linux.time.synchronized'
  | 'system.linux.time.offset'
  | 'system.cpu.frequency'
  | 'system.linux.cpu.throttles'
  | 'system.linux.edac.errors'
  | 'hw.fan.speed'
  | 'hw.voltage'
  | 'hw.current'
  | 'hw.power'
  | 'hw.battery.charge'
  | 'system.linux.power_supply.online'
  | 'system.linux.md.degraded'
  | 'system.linux.md.disks'
  | 'system.linux.md.state'
  | 'system.linux.md.sync.progress'
  | 'system.linux.zfs.pool.state'
  | 'system.linux.btrfs.device.errors'
  | 'system.linux.btrfs.device.missing'
  | 'system.linux.btrfs.usage'
  | 'system.linux.btrfs.limit'
  | 'system.linux.disk.latency'
  | 'system.linux.disk.queue'
  | 'system.linux.filesystem.readonly'
  | 'system.linux.filesystem.failed'
  | 'hw.network.bandwidth.limit'
  | 'system.linux.network.carrier'
  | 'system.linux.network.carrier.changes'
  | 'system.linux.network.errors'
  | 'system.linux.network.bond.members';

const direction = 'network.io.direction';
const filesystem = [
  'system.filesystem.mountpoint',
  'system.device',
  'system.filesystem.type',
] as const;
const sensor = ['hw.id', 'hw.name'] as const;
const state = { ...whole, unit: '{state}', unwatched: true } as const;
const connections = { ...whole, unit: '{connection}' } as const;

export const kernelMetrics: Readonly<Record<KernelMetricName, MetricInfo>> = {
  'system.linux.cpu.context_switches': {
    ...eventRate,
    name: { en: 'Context switches', ko: '컨텍스트 스위치' },
    attributes: [],
    description: 'Context switches per second',
    chart: { group: 'kernel' },
  },
  'system.linux.cpu.interrupts': {
    ...eventRate,
    name: { en: 'Interrupts', ko: '인터럽트' },
    attributes: [],
    description: 'Interrupts served per second',
    chart: { group: 'kernel' },
  },
  'system.process.created': {
    ...eventRate,
    name: { en: 'New processes', ko: '새 프로세스' },
    attributes: [],
    description: 'Processes and threads started per second',
    chart: { group: 'kernel' },
  },
  'system.paging.faults': {
    ...eventRate,
    name: { en: 'Page faults', ko: '페이지 폴트' },
    attributes: ['system.paging.fault.type'],
    description: 'Page faults per second: major ones waited for a disk, minor ones did not',
    chart: { by: 'system.paging.fault.type', group: 'kernel' },
  },
  'system.linux.memory.oom_kills': {
    ...rareRate,
    name: { en: 'OOM kills', ko: 'OOM 종료' },
    attributes: [],
    description: 'Processes killed per second because memory had run out',
    chart: { onlyWhenActive: true, group: 'kernel' },
  },
  'system.linux.file_descriptors.usage': {
    ...whole,
    name: { en: 'Open files', ko: '열린 파일' },
    unit: '{file}',
    attributes: [],
    description: 'File handles in use on the whole host',
    chart: { group: 'kernel' },
  },
  'system.linux.file_descriptors.utilization': {
    ...ratio,
    name: { en: 'File descriptors', ko: '파일 디스크립터' },
    attributes: [],
    description: 'Share of the file handles that the kernel allows (fs.file-max)',
    forecast: 'each',
    fullAt: 1,
  },
  'system.linux.entropy.available': {
    ...whole,
    name: { en: 'Entropy', ko: '엔트로피' },
    unit: 'bit',
    attributes: [],
    description: 'Random bits in the pool of the kernel; always 256 since Linux 5.18',
    unwatched: true,
  },
  'system.network.connection.count': {
    ...connections,
    name: { en: 'TCP connections', ko: 'TCP 연결' },
    attributes: ['network.transport', 'network.connection.state'],
    description:
      'TCP connections: established (with those that wait to be closed), or in time_wait',
    chart: { by: 'network.connection.state', group: 'network' },
  },
  'system.linux.socket.count': {
    ...connections,
    name: { en: 'Sockets', ko: '소켓' },
    attributes: ['network.transport', 'state'],
    description: 'Sockets in all, by transport those in use, of tcp those orphaned and allocated',
  },
  'system.linux.socket.memory': {
    ...bytes,
    name: { en: 'Socket memory', ko: '소켓 메모리' },
    attributes: ['network.transport'],
    description: 'Memory of socket buffers by transport',
  },
  'system.linux.tcp.segments': {
    ...eventRate,
    name: { en: 'TCP segments', ko: 'TCP 세그먼트' },
    attributes: [direction],
    description: 'TCP segments received or sent per second, retransmitted ones left out',
  },
  'system.linux.tcp.retransmits': {
    ...eventRate,
    name: { en: 'TCP retransmits', ko: 'TCP 재전송' },
    attributes: [],
    description: 'TCP segments sent again per second',
    chart: { onlyWhenActive: true, group: 'network' },
  },
  'system.linux.tcp.opened': {
    ...eventRate,
    name: { en: 'New TCP connections', ko: '새 TCP 연결' },
    attributes: [direction],
    description:
      'TCP connections per second that others opened (receive) or this host did (transmit)',
    chart: { by: direction, group: 'network' },
  },
  'system.linux.tcp.errors': {
    ...eventRate,
    name: { en: 'TCP errors', ko: 'TCP 오류' },
    attributes: ['error.type'],
    description:
      'Per second: attempt_failed, reset (of established connections), bad_segment, reset_sent, listen_overflow, listen_drop, timeout; only those that occurred',
    chart: { by: 'error.type', onlyWhenActive: true, group: 'network' },
  },
  'system.linux.udp.datagrams': {
    ...eventRate,
    name: { en: 'UDP datagrams', ko: 'UDP 데이터그램' },
    attributes: [direction],
    description: 'UDP datagrams received or sent per second (IPv4)',
  },
  'system.linux.udp.errors': {
    ...eventRate,
    name: { en: 'UDP errors', ko: 'UDP 오류' },
    attributes: ['error.type'],
    description:
      'Per second (IPv4): no_port, bad_datagram, receive_buffer_full, send_buffer_full, bad_checksum; only those that occurred',
    chart: { by: 'error.type', onlyWhenActive: true, group: 'network' },
  },
  'system.linux.conntrack.usage': {
    ...connections,
    name: { en: 'Tracked connections', ko: '추적 중인 연결' },
    attributes: [],
    description: 'Connections in the table of the firewall (nf_conntrack)',
    chart: { group: 'network' },
  },
  'system.linux.conntrack.limit': {
    ...connections,
    name: { en: 'Size of the connection table', ko: '연결 추적 테이블 크기' },
    attributes: [],
    description: 'Connections that the table of the firewall can hold',
    unwatched: true,
  },
  'system.linux.conntrack.utilization': {
    ...ratio,
    name: { en: 'Connection table', ko: '연결 추적 테이블' },
    attributes: [],
    description: 'Share of the table of the firewall in use; when it is full, packets are dropped',
    forecast: 'each',
    fullAt: 1,
  },
  'system.linux.conntrack.dropped': {
    ...rareRate,
    name: { en: 'Dropped by connection tracking', ko: '연결 추적에서 버려짐' },
    attributes: ['reason'],
    description: 'Per second: dropped packets, connections evicted early, and failed insertions',
    chart: { by: 'reason', onlyWhenActive: true, group: 'network' },
  },
  'system.linux.time.synchronized': {
    ...state,
    name: { en: 'Clock synchronised', ko: '시계 동기화' },
    attributes: [],
    description: '1 while something such as NTP keeps the clock right, 0 when nothing does',
  },
  'system.linux.time.offset': {
    unit: 's',
    storedDecimals: 6,
    display: { decimals: 6 },
    name: { en: 'Offset from time servers', ko: '시간 서버와의 차이' },
    attributes: [],
    description: 'How far the clock is from its time servers, in either direction (chrony)',
  },
  'system.cpu.frequency': {
    unit: 'Hz',
    storedDecimals: 0,
    display: { significant: 4 },
    name: { en: 'CPU frequency', ko: 'CPU 주파수' },
    attributes: [],
    description: 'Frequency of the cores, on average',
    chart: { group: 'hardware' },
  },
  'system.linux.cpu.throttles': {
    ...rareRate,
    name: { en: 'CPU throttling', ko: 'CPU 스로틀링' },
    attributes: ['scope'],
    description: 'How often per second cores or packages were slowed down because of heat',
    chart: { by: 'scope', onlyWhenActive: true, group: 'hardware' },
  },
  'system.linux.edac.errors': {
    ...whole,
    name: { en: 'Memory errors (ECC)', ko: '메모리 오류(ECC)' },
    unit: '{error}',
    attributes: ['hw.id', 'error.type'],
    description:
      'Errors that memory controllers counted since they started: corrected ones, and uncorrected ones, which have damaged data',
    unwatched: true,
    chart: { by: 'hw.id', onlyWhenActive: true, group: 'hardware' },
  },
  'hw.fan.speed': {
    ...whole,
    name: { en: 'Fans', ko: '팬' },
    unit: 'rpm',
    attributes: sensor,
    description: 'Revolutions of a fan per minute',
    chart: { by: 'hw.name', group: 'hardware' },
  },
  'hw.voltage': {
    unit: 'V',
    storedDecimals: 3,
    display: { decimals: 2 },
    name: { en: 'Voltage', ko: '전압' },
    attributes: sensor,
    description: 'Voltage at a sensor',
  },
  'hw.current': {
    unit: 'A',
    storedDecimals: 3,
    display: { decimals: 2 },
    name: { en: 'Current', ko: '전류' },
    attributes: sensor,
    description: 'Current at a sensor',
  },
  'hw.power': {
    unit: 'W',
    storedDecimals: 2,
    display: { decimals: 1 },
    name: { en: 'Power', ko: '전력' },
    attributes: sensor,
    description:
      'Power that a part draws: of sensors, and of CPU packages by their energy counters',
    chart: { by: 'hw.name', group: 'hardware' },
  },
  'hw.battery.charge': {
    ...ratio,
    name: { en: 'Battery', ko: '배터리' },
    attributes: sensor,
    description: 'Charge of a battery or UPS',
    chart: { by: 'hw.name', group: 'hardware' },
  },
  'system.linux.power_supply.online': {
    ...state,
    name: { en: 'Mains power', ko: '외부 전원' },
    attributes: sensor,
    description: '1 while a supply of mains power is connected',
  },
  'system.linux.disk.latency': {
    unit: 's',
    storedDecimals: 6,
    display: { decimals: 5 },
    name: { en: 'Disk latency', ko: '디스크 지연 시간' },
    attributes: ['system.device', 'disk.io.direction'],
    description:
      'Time a read or write took, on average, waiting included; none while there are none',
    chart: { by: 'system.device', direction: 'disk.io.direction', group: 'storage' },
  },
  'system.linux.disk.queue': {
    unit: '{operation}',
    storedDecimals: 3,
    display: { decimals: 2 },
    name: { en: 'Disk queue', ko: '디스크 대기열' },
    attributes: ['system.device'],
    description: 'Operations under way or waiting at a disk, on average',
    chart: { by: 'system.device', onlyWhenActive: true, group: 'storage' },
  },
  'system.linux.md.degraded': {
    ...whole,
    name: { en: 'Missing RAID disks', ko: 'RAID 누락 디스크' },
    unit: '{disk}',
    attributes: ['system.device'],
    description:
      'Disks that a software RAID lacks (md): 0 when it is whole; in all without attributes',
    unwatched: true,
    chart: { by: 'system.device', onlyWhenActive: true, group: 'storage' },
  },
  'system.linux.md.disks': {
    ...whole,
    name: { en: 'RAID disks', ko: 'RAID 디스크' },
    unit: '{disk}',
    attributes: ['system.device', 'state'],
    description: 'Disks of a software RAID by state: active, failed, spare',
    unwatched: true,
  },
  'system.linux.md.state': {
    ...state,
    name: { en: 'RAID state', ko: 'RAID 상태' },
    attributes: ['system.device', 'state'],
    description:
      '1 for the state of a software RAID: active, inactive, broken, recovering, resync, reshaping, check',
  },
  'system.linux.md.sync.progress': {
    ...ratio,
    name: { en: 'RAID rebuild', ko: 'RAID 재구성' },
    attributes: ['system.device'],
    description: 'Share of a software RAID that is rebuilt or checked, while that goes on',
    unwatched: true,
    chart: { by: 'system.device', group: 'storage' },
  },
  'system.linux.zfs.pool.state': {
    ...state,
    name: { en: 'ZFS pool state', ko: 'ZFS 풀 상태' },
    attributes: ['zfs.pool', 'state'],
    description:
      '1 for the state of a ZFS pool: online, degraded, faulted, offline, removed, unavail, suspended',
  },
  'system.linux.btrfs.device.errors': {
    ...whole,
    name: { en: 'Btrfs errors', ko: 'Btrfs 오류' },
    unit: '{error}',
    attributes: ['btrfs.filesystem', 'btrfs.device', 'error.type'],
    description:
      'Errors that Btrfs has counted on a device: write, read, flush, corruption, generation',
    unwatched: true,
    chart: { by: 'btrfs.device', onlyWhenActive: true, group: 'storage' },
  },
  'system.linux.btrfs.device.missing': {
    ...whole,
    name: { en: 'Missing Btrfs devices', ko: 'Btrfs 누락 장치' },
    unit: '{disk}',
    attributes: ['btrfs.filesystem'],
    description: 'Devices that a Btrfs filesystem lacks',
    unwatched: true,
  },
  'system.linux.btrfs.usage': {
    ...bytes,
    name: { en: 'Btrfs usage', ko: 'Btrfs 사용량' },
    attributes: ['btrfs.filesystem', 'btrfs.block_group'],
    description: 'Space in use of what Btrfs has set aside for data, metadata or system',
  },
  'system.linux.btrfs.limit': {
    ...bytes,
    name: { en: 'Btrfs allocation', ko: 'Btrfs 할당량' },
    attributes: ['btrfs.filesystem', 'btrfs.block_group'],
    description: 'Space that Btrfs has set aside for data, metadata or system',
    unwatched: true,
  },
  'system.linux.filesystem.readonly': {
    ...state,
    name: { en: 'Read-only filesystem', ko: '읽기 전용 파일 시스템' },
    attributes: filesystem,
    description: '1 when nothing can be written to a filesystem, whoever wanted that',
  },
  'system.linux.filesystem.failed': {
    ...state,
    name: { en: 'Failed filesystem', ko: '실패한 파일 시스템' },
    attributes: filesystem,
    description: '1 when the kernel stopped writing to a filesystem because of errors',
  },
  'hw.network.bandwidth.limit': {
    ...byteRate,
    name: { en: 'Link speed', ko: '링크 속도' },
    attributes: ['network.interface.name'],
    description: 'Speed that an interface has agreed on with its peer',
    unwatched: true,
  },
  'system.linux.network.carrier': {
    ...state,
    name: { en: 'Link', ko: '링크' },
    attributes: ['network.interface.name'],
    description: '1 while an interface that is switched on has a link, 0 when its cable is out',
  },
  'system.linux.network.carrier.changes': {
    ...rareRate,
    name: { en: 'Link changes', ko: '링크 변화' },
    attributes: ['network.interface.name'],
    description: 'How often per second the link of an interface went or came',
    chart: { by: 'network.interface.name', onlyWhenActive: true, group: 'network' },
  },
  'system.linux.network.errors': {
    ...rareRate,
    name: { en: 'Network errors by cause', ko: '원인별 네트워크 오류' },
    attributes: ['network.interface.name', direction, 'error.type'],
    description:
      'Errors per second by cause, such as crc, length, fifo, missed, carrier, collision; only causes that occurred',
    chart: { by: 'error.type', onlyWhenActive: true, group: 'network' },
  },
  'system.linux.network.bond.members': {
    ...whole,
    name: { en: 'Bond members', ko: '본드 구성 링크' },
    unit: '{connection}',
    attributes: ['network.interface.name', 'state'],
    description: 'Interfaces of a bond by state: active ones have a link, inactive ones have none',
    unwatched: true,
  },
};
