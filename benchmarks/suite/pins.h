// SPDX-License-Identifier: MIT
// --device and --variant: which variants of each model are measured. Several of one alias are several models. Pure
// control: how one model is resolved is the caller's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/catalogue/models.h"
#include "fixtures/foundry/service.h"

namespace assay::suite {

// Every device with every variant of the command line; one empty pin when there is neither.
std::vector<foundry::Pin> PinsOf(const Options& options);

using Resolve = std::function<base::Result<std::vector<catalogue::ResolvedModel>>(
    const std::vector<catalogue::ModelRequest>& models, const foundry::Pin& pin)>;

struct Pinned {
  std::vector<catalogue::ResolvedModel> models;
  std::vector<std::string> notes;  // pairs of model and pin that do not exist, a line each
};

// One pin: `resolve` with everything at once. Several: each model under each pin, in this order, each variant once; a
// model must fit one of them and a pin one model, else the error is the last one of `resolve`. Models that pin
// themselves or have a server of their own are not pinned.
base::Result<Pinned> ResolvePinned(const std::vector<catalogue::ModelRequest>& models,
                                   const std::vector<foundry::Pin>& pins, const Resolve& resolve);

// For a suite that names no models: those of `models` that one of the pins means. kUnavailable when
// none is left.
base::Result<std::vector<catalogue::ResolvedModel>> FilterByPins(std::vector<catalogue::ResolvedModel> models,
                                                                 const std::vector<foundry::Pin>& pins);

}  // namespace assay::suite
