// SPDX-License-Identifier: MPL-2.0
import { language, type Language, languages, setLanguage } from '../i18n/index.ts';

export function LanguageSwitch() {
  return (
    <select
      class="language"
      aria-label="语言 / Language"
      value={language.value}
      onChange={(event) => void setLanguage(event.currentTarget.value as Language)}
    >
      {languages.map(({ code, name }) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
