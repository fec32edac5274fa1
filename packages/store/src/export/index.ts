export { exportFormats, exportHistory, exportTypes, type ExportFormat } from './export-history.ts';
export { IMPORTED_HOSTS, importText, type TextImportReport } from './import-text.ts';
