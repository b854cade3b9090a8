// SPDX-License-Identifier: MIT
// The groups of cases of assay-micro. Each function registers its cases with Google Benchmark; call it once.
#pragma once

namespace assay::micro {

void RegisterSseParserCases();
void RegisterDecodeCases();
void RegisterMetricsCases();
void RegisterRunWriterCases();
void RegisterTransportCases();

}  // namespace assay::micro
