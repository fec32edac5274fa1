export { checkDatabase, databasePath, type RepairProgress } from './check-database.ts';
export type { Finding, SalvageReport } from './finding.ts';
export { repairDatabase, type RepairOptions, type RepairReport } from './repair-database.ts';
