"""Files in the syntax of the Handle software, for those who run that instead of our server, and for the registry."""

from __future__ import annotations

from collections.abc import Sequence

PLUGIN = "org.dspace.handle.MultiRemoteDSpaceRepositoryHandlePlugin"


def contact_data(organization: str, email: str, contact: str, phone: str) -> str:
    """Return contactdata.dct: whom the registry writes to."""
    fields = {"org_name": organization, "contact_name": contact, "contact_phone": phone, "contact_email": email}
    lines = [f'  "{name}" = {_quoted(value)}' for name, value in fields.items() if value]
    return "\n".join(["{", *lines, "}", ""])


def server_configuration(prefix: str, port: int, http_port: int) -> str:
    """Return config.dct of a Handle server that asks us about handles, through the plugin."""
    administrator = f'(\n      "300:0.NA/{prefix}"\n    )'
    return f"""{{
  "server_type" = "server"
  "interfaces" = (
    "hdl_udp"
    "hdl_tcp"
    "hdl_http"
  )
{_interface("hdl_udp_config", port)}
{_interface("hdl_tcp_config", port)}
{_interface("hdl_http_config", http_port)}
  "log_save_config" = {{
    "log_save_directory" = "logs"
    "log_save_interval" = "Monthly"
  }}

  "no_udp_resolution" = "no"
  "server_config" = {{
    "storage_type" = "CUSTOM"
    "storage_class" = "{PLUGIN}"
    "server_admins" = {administrator}
    "replication_admins" = {administrator}
    "max_session_time" = "86400000"
    "max_auth_time" = "60000"
    "this_server_id" = "1"
    "server_admin_full_access" = "yes"
    "case_sensitive" = "no"
    "auto_homed_prefixes" = (
      "0.NA/{prefix}"
    )
  }}
}}
"""


def _interface(name: str, port: int) -> str:
    return f"""  "{name}" = {{
    "bind_port" = "{port}"
    "num_threads" = "15"
    "log_accesses" = "no"
  }}
"""


def plugin_configuration(endpoints: Sequence[str]) -> str:
    """Return handle-dspace-plugin.cfg: the repositories that the plugin asks, one after the other."""
    head = [
        "# Repositories whose handles this server knows. The program that reads this is started with",
        "# -Ddspace.handle.plugin.configuration=<this file>, and asks each of them which prefixes are its own.",
    ]
    lines = [f"dspace.handle.endpoint{number} = {endpoint}" for number, endpoint in enumerate(endpoints, 1)]
    return "\n".join([*head, *lines, ""])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'
