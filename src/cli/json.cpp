#include "cli/json.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace volley::cli {

struct JsonObject::State {
  nlohmann::ordered_json fields = nlohmann::ordered_json::object();
};

JsonObject::JsonObject() : state_{std::make_unique<State>()} {}
JsonObject::JsonObject(const JsonObject& other) : state_{std::make_unique<State>(*other.state_)} {}
JsonObject::JsonObject(JsonObject&&) noexcept = default;
JsonObject::~JsonObject() = default;

JsonObject& JsonObject::operator=(JsonObject other) noexcept {
  state_.swap(other.state_);
  return *this;
}

JsonObject& JsonObject::set_null(std::string_view key) {
  state_->fields[std::string{key}] = nullptr;
  return *this;
}

JsonObject& JsonObject::set(std::string_view key, std::string_view text) {
  state_->fields[std::string{key}] = text;
  return *this;
}

JsonObject& JsonObject::set(std::string_view key, double number) {
  if (!std::isfinite(number)) return set_null(key);
  state_->fields[std::string{key}] = number;
  return *this;
}

JsonObject& JsonObject::set(std::string_view key, const JsonObject& object) {
  state_->fields[std::string{key}] = object.state_->fields;
  return *this;
}

JsonObject& JsonObject::append(std::string_view key, const JsonObject& object) {
  state_->fields[std::string{key}].push_back(object.state_->fields);
  return *this;
}

JsonObject& JsonObject::set_bool(std::string_view key, bool value) {
  state_->fields[std::string{key}] = value;
  return *this;
}

JsonObject& JsonObject::set_whole(std::string_view key, std::uint64_t number) {
  state_->fields[std::string{key}] = number;
  return *this;
}

std::string JsonObject::text() const {
  // ASCII only: a control character of C1 or one that reorders text is no escape of JSON's own.
  return state_->fields.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace volley::cli
