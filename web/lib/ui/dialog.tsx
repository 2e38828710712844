// SPDX-License-Identifier: MPL-2.0
// A modal window: the browser's own dialog element, which keeps the focus inside and gives it
// back when it closes.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  title: string;
  children: ComponentChildren;
  /** Without it the person cannot leave but through what the dialog asks for. */
  onClose?: () => void;
  closeLabel?: string;
  className?: string;
}

export function Dialog({ title, children, onClose, closeLabel, className = '' }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement as HTMLElement | null;
    if (dialog && !dialog.open) dialog.showModal();
    dialog?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      dialog?.close();
      before?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${className}`}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <div class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        {onClose && closeLabel && (
          <button type="button" class="plain" onClick={onClose}>
            {closeLabel}
          </button>
        )}
      </div>
      {children}
    </dialog>
  );
}
