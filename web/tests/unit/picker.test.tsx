// SPDX-License-Identifier: MPL-2.0
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Choice, findChoices, Picker } from '../../lib/form/picker.tsx';

const choices: Choice[] = [
  { value: '1', text: 'Street light out', note: 'Lighting', words: '路灯不亮 lamp' },
  { value: '2', text: 'Fallen street tree', note: 'Trees', words: '行道树倒伏 tree' },
  { value: '3', text: 'Straßenschild', note: 'Roads', words: 'sign' },
];

describe('search in choices', () => {
  it('finds by any word in any language, best beginnings first', () => {
    expect(findChoices(choices, 'street').map((choice) => choice.value)).toEqual(['1', '2']);
    expect(findChoices(choices, '路灯').map((choice) => choice.value)).toEqual(['1']);
    expect(findChoices(choices, 'tree fall').map((choice) => choice.value)).toEqual(['2']);
    expect(findChoices(choices, 'zebra')).toEqual([]);
    expect(findChoices(choices, '')).toHaveLength(3);
  });
});

describe('picker', () => {
  afterEach(cleanup);
  it('is steered by keyboard alone', () => {
    const onChange = vi.fn();
    render(<Picker choices={choices} value="" onChange={onChange} empty="nothing" />);
    const field = screen.getByRole('combobox');
    expect(field.getAttribute('aria-expanded')).toBe('false');
    fireEvent.keyDown(field, { key: 'ArrowDown' });
    expect(screen.getAllByRole('option')).toHaveLength(3);
    fireEvent.keyDown(field, { key: 'ArrowDown' });
    expect(field.getAttribute('aria-activedescendant')).toBe(screen.getAllByRole('option')[1]!.id);
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(onChange).toHaveBeenCalledWith('2');
    expect(screen.queryByRole('listbox')).toBeNull();
  });
  it('gives up on Esc and keeps what was chosen', () => {
    const onChange = vi.fn();
    render(<Picker choices={choices} value="1" onChange={onChange} empty="nothing" />);
    const field = screen.getByRole<HTMLInputElement>('combobox');
    fireEvent.input(field, { target: { value: 'xyz' } });
    expect(screen.getByRole('option').textContent).toBe('nothing');
    fireEvent.keyDown(field, { key: 'Escape' });
    expect(field.value).toBe('Street light out');
    expect(onChange).not.toHaveBeenCalled();
  });
});
