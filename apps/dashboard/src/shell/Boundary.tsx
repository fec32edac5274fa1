import { Component, type ErrorInfo, type ReactNode } from 'react';
import { currentLanguage } from '../i18n/locale.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/notice.tsx';

interface BoundaryState {
  readonly error: Error | undefined;
}

/** Keeps a defect in one page from blanking the others; trying again does not reload the document. */
export class Boundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: undefined };

  static getDerivedStateFromError(error: Error): BoundaryState {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    // oxlint-disable-next-line no-console -- the page shows a sentence; the stack is for the developer
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const { t } = currentLanguage();
    return (
      <Empty title={t('page.failed')}>
        <p>{error.message}</p>
        <Button onClick={() => this.setState({ error: undefined })}>{t('common.tryAgain')}</Button>
      </Empty>
    );
  }
}
