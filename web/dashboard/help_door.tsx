// SPDX-License-Identifier: MPL-2.0
// What draws a definition comes when somebody first asks for one.
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { failure, helpAt } from './state.ts';

export function HelpDoor() {
  const drawn = useSignal<{ Help: ComponentType } | null>(null);
  const wanted = helpAt.value !== null;
  useEffect(() => {
    if (!wanted || drawn.value) return;
    import('./help.tsx').then(
      ({ Help }) => (drawn.value = { Help }),
      (error: unknown) => (failure.value = error),
    );
  }, [wanted]);
  if (!wanted || !drawn.value) return null;
  const { Help } = drawn.value;
  return <Help />;
}
