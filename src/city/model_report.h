// SPDX-License-Identifier: MPL-2.0
// Report templates of a model, and under which name a table of the store keeps them.
#pragma once

#define REPORT_TEMPLATE_TABLE "report_template "

struct city_model;
// After the tables; problems go into the model's report.
void model_read_templates(struct city_model *model);
