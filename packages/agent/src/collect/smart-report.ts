/**
 * What `smartctl --json` says of one disk. Its exit status is a bit field of smartctl(8), "EXIT STATUS": a disk that fails
 * or was too hot once is not a failed command, and a disk that sleeps is not one that cannot be opened.
 */
import * as v from 'valibot';

/** Bits of the exit status. */
const BIT = {
  usage: 1 << 0,
  open: 1 << 1,
  command: 1 << 2,
  failing: 1 << 3,
  prefail: 1 << 4,
  prefailPast: 1 << 5,
  errorLog: 1 << 6,
  selfTestLog: 1 << 7,
} as const;

export const smartFlags = ['prefail', 'prefail_past', 'error_log', 'self_test_log'] as const;
const FLAG_BITS = [BIT.prefail, BIT.prefailPast, BIT.errorLog, BIT.selfTestLog] as const;

export const diskErrors = [
  'media',
  'reallocated',
  'pending',
  'uncorrectable',
  'reported',
  'crc',
] as const;
export type DiskError = (typeof diskErrors)[number];

export interface DiskHealth {
  readonly kind: 'awake';
  readonly model: string;
  /** NaN where the disk does not judge itself. */
  readonly healthy: number;
  /** 1 or 0 for each of `smartFlags`. */
  readonly flags: readonly number[];
  readonly wear: number;
  readonly spare: number;
  readonly errors: Readonly<Partial<Record<DiskError, number>>>;
  readonly celsius: number;
  readonly poweredOnSeconds: number;
}

export type SmartReport =
  | DiskHealth
  | { readonly kind: 'asleep' }
  | { readonly kind: 'denied' }
  /** Not there, or without SMART. */
  | { readonly kind: 'none'; readonly reason: string };

const number = v.optional(v.number());
const attribute = v.object({
  id: v.number(),
  name: v.optional(v.string(), ''),
  value: number,
  raw: v.optional(v.object({ value: number, string: v.optional(v.string()) })),
});
type Attribute = v.InferOutput<typeof attribute>;

const reportSchema = v.object({
  smartctl: v.object({
    exit_status: number,
    messages: v.optional(v.array(v.object({ string: v.optional(v.string(), '') })), []),
  }),
  model_name: v.optional(v.string()),
  scsi_model_name: v.optional(v.string()),
  smart_status: v.optional(v.object({ passed: v.optional(v.boolean()) })),
  temperature: v.optional(v.object({ current: number })),
  power_on_time: v.optional(v.object({ hours: number })),
  endurance_used: v.optional(v.object({ current_percent: number })),
  nvme_smart_health_information_log: v.optional(
    v.object({
      critical_warning: number,
      available_spare: number,
      percentage_used: number,
      media_errors: number,
    }),
  ),
  ata_smart_attributes: v.optional(v.object({ table: v.optional(v.array(attribute), []) })),
  scsi_grown_defect_list: number,
  scsi_percentage_used_endurance_indicator: number,
});
type Report = v.InferOutput<typeof reportSchema>;

/** ATA attributes that count what we tell, by number. */
const COUNTED: readonly (readonly [id: number, error: DiskError])[] = [
  [5, 'reallocated'],
  [187, 'reported'],
  [197, 'pending'],
  [198, 'uncorrectable'],
  [199, 'crc'],
];
/** Attributes of solid-state disks whose normalised value is the life that is left, in percent, as their makers name them. */
const LIFE_LEFT =
  /^(Media_Wearout_Indicator|SSD_Life_Left|Percent_Lifetime_Remain|Remaining_Lifetime_Perc|Wear_Leveling_Count)$/;
const HOUR_S = 3600;

export function readSmartReport(output: string, code: number | null): SmartReport {
  let report: Report;
  try {
    report = v.parse(reportSchema, JSON.parse(output));
  } catch {
    return { kind: 'none', reason: 'the output of smartctl cannot be read' };
  }
  const status = code ?? report.smartctl.exit_status ?? 0;
  const said = report.smartctl.messages.map(({ string }) => string).join('; ');
  if ((status & (BIT.usage | BIT.open)) !== 0) {
    if (/permission denied|operation not permitted/i.test(said)) return { kind: 'denied' };
    if (/\b(standby|sleep|idle\w*)\b.*mode|low-power/i.test(said)) return { kind: 'asleep' };
    return { kind: 'none', reason: said };
  }
  const nvme = report.nvme_smart_health_information_log;
  const passed = report.smart_status?.passed;
  const failing =
    (status & BIT.failing) !== 0 || passed === false || (nvme?.critical_warning ?? 0) > 0;
  return {
    kind: 'awake',
    model: (report.model_name ?? report.scsi_model_name ?? '').trim(),
    healthy: failing ? 0 : passed === undefined && nvme === undefined ? Number.NaN : 1,
    flags: FLAG_BITS.map((bit) => ((status & bit) === 0 ? 0 : 1)),
    wear: wearOf(report),
    spare: (nvme?.available_spare ?? Number.NaN) / 100,
    errors: errorsOf(report),
    celsius: report.temperature?.current ?? Number.NaN,
    poweredOnSeconds: (report.power_on_time?.hours ?? Number.NaN) * HOUR_S,
  };
}

function wearOf(report: Report): number {
  const used =
    report.nvme_smart_health_information_log?.percentage_used ??
    report.endurance_used?.current_percent ??
    report.scsi_percentage_used_endurance_indicator;
  if (used !== undefined) return used / 100;
  const left = report.ata_smart_attributes?.table.find(({ name }) => LIFE_LEFT.test(name))?.value;
  // New disks of some makers begin at 253 or 200, which is no percentage.
  return left === undefined || left > 100 ? Number.NaN : 1 - left / 100;
}

function errorsOf(report: Report): DiskHealth['errors'] {
  const errors: Partial<Record<DiskError, number>> = {};
  const media = report.nvme_smart_health_information_log?.media_errors;
  if (media !== undefined) errors.media = media;
  if (report.scsi_grown_defect_list !== undefined)
    errors.reallocated = report.scsi_grown_defect_list;
  const table = report.ata_smart_attributes?.table ?? [];
  for (const [id, error] of COUNTED) {
    const found = table.find((one) => one.id === id);
    const count = found && countOf(found);
    if (count !== undefined && !Number.isNaN(count)) errors[error] = count;
  }
  return errors;
}

/** The text begins with the count where makers pack more than one number into the raw value. */
function countOf({ raw }: Attribute): number {
  const text = /^\d+/.exec(raw?.string ?? '')?.[0];
  return text === undefined ? (raw?.value ?? Number.NaN) : Number(text);
}
