"""Every configuration key by the part of the system it belongs to; `manage.py check` tells from it what is not read.

A pattern may hold `*` for anything. READ are the keys that have an effect; the others are those of DSpace 6 whose part
does not exist yet, or that have no meaning here. A part that lands moves its keys to READ.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dspace.configuration import Configuration

READ = """
    dspace.dir dspace.hostname dspace.baseUrl dspace.url dspace.name dspace.ui dspace.hosts.allowed dspace.secret-key
    useProxies solr.server module_dir
    db.url db.username db.password db.schema db.pgbouncer
    assetstore.dir assetstore.dir.* assetstore.incoming assetstore.backend.* assetstore.option.*
    assetstore.x-accel-redirect
    mail.server mail.server.port mail.server.username mail.server.password mail.server.disabled mail.extraproperties
    mail.from.address mail.admin
    handle.prefix handle.canonical.prefix handle.additional.prefixes handle.dir handle.hide.listhandles handle.server.*
    handle.remote-resolver.enabled
    identifier.providers identifier.doi.user identifier.doi.password identifier.doi.prefix
    identifier.doi.namespaceseparator identifier.doi.on_archive identifier.doi.metadata identifier.doi.beside-foreign
    identifier.doi.filter identifier.doi.concurrency alert.recipient
    identifier.doi.connector DATACITE_SCHEME DATACITE_HOST DATACITE_DOI_PATH DATACITE_METADATA_PATH DATACITE_REST_PATH
    identifier.doi.ezid.shoulder identifier.doi.ezid.user identifier.doi.ezid.password identifier.doi.ezid.publisher
    identifier.doi.ezid.crosswalk.* identifier.doi.ezid.crosswalkTransform.* identifier.doi.ezid.generateDataciteXML
    EZID_SCHEME EZID_HOST EZID_PATH
    crosswalk.dissemination.DataCite.stylesheet crosswalk.dissemination.DataCite.publisher
    crosswalk.dissemination.DataCite.dataManager crosswalk.dissemination.DataCite.hostingInstitution
    default.locale webui.supported.locales recent.submissions.count metadata.hide.* google-metadata.enable
    broker.url schedule.* loglevel.dspace loglevel.other
    discovery.backend
    oai.identifier.prefix oai.bitstream.baseUrl oai.config.dir oai.url oai.html oai.concurrency
    oai.storage oai.solr.url oai.description.file oai.description.file.* oai.friends oai.branding.* oai.rights
    org.dspace.app.batchitemimport.work.dir
"""

# Of these, what must be a number, its least and greatest value; what a switch; and what one of a few words.
_PORT, _ANY = (1, 65535), (0, 10**18)
NUMBERS = {
    "mail.server.port": _PORT,
    "assetstore.incoming": _ANY,
    "recent.submissions.count": (-1, 10**6),
    "upload.max": _ANY,
    "oai.concurrency": (1, 10_000),
    "oai.branding.width": _ANY,
    "oai.branding.height": _ANY,
    "handle.server.port": _PORT,
    "handle.server.http-port": _PORT,
    "handle.server.url-index": (1, 2**31 - 1),
    "identifier.doi.concurrency": (1, 64),
}
SWITCHES = [
    "identifier.doi.ezid.generateDataciteXML",
    "useProxies",
    "db.pgbouncer",
    "mail.server.disabled",
    "google-metadata.enable",
    "metadata.hide.*",
    "handle.server.enabled",
    "handle.hide.listhandles",
    "handle.remote-resolver.enabled",
    "identifier.doi.beside-foreign",
    "oai.html",
]
CHOICES = {"identifier.doi.on_archive": ("register", "reserve", "none")}

NO_MEANING = """
    identifier.doi.* crosswalk.dissemination.DataCite.*
    db.driver db.dialect db.maxconnections db.maxwait db.maxidle db.minidle db.jndi db.poolname db.statementpool
    db.cleanDisabled default.language dspace.mobileUrl dspace.server.id log.init.config log.dir plugin.classpath
    mail.session.name mail.charset plugin.single.* plugin.sequence.org.dspace.plugin.* plugin.sequence.org.dspace.rest.*
    plugin.named.org.dspace.app.webui.* plugin.named.org.dspace.app.xmlui.* plugin.named.org.dspace.sort.*
    plugin.named.org.dspace.content.license.* event.* testConsumer.verbose browseDAO.class spring.* jspui.* xmlui.*
    mirage2.* webui.session.invalidate webui.strengths.cache org.dspace.content.Collection.*
    webui.browse.index.tagcloud.* discovery.autoReindex discovery.solr.facets.split.char webui.html.max-depth-guess
    handle.plugin.checknameauthority elastic-search-statistics.* controlpanel.* oai.cache.* oai.import.*
"""

LATER = {
    "Solr": "discovery.search.server discovery.solr.* discovery.index.* solr.authority.server",
    "harvesting": "oai.harvester.* oai.ore.* harvest.*",
    "search and browse": """
        webui.browse.index.* webui.browse.link.* webui.browse.author-* webui.browse.metadata.*
        webui.browse.render-scientific-formulas webui.itemlist.* index.ignore-* recent.submissions.sort-option
        webui.collectionhome.* itemmap.author.index webui.browse.vocabularies.*
    """,
    "item pages": """
        webui.itemdisplay.* webui.resolver.* webui.licence_bundle.show webui.strengths.show webui.preferred.identifier
        webui.identifier.strip-prefixes webui.bitstream.order.* webui.content_disposition_threshold
        webui.content_disposition_format webui.suggest.* webui.google.analytics.key google-metadata.* sfx.*
        altmetric* plumx.* xmlui.content_disposition_threshold google.analytics.key
    """,
    "feeds and OpenSearch": "webui.feed.* websvc.opensearch.*",
    "sitemaps": "sitemap.*",
    "deposit": """
        upload.* webui.submit.* webui.submission.* cc.* submission-curation.* fetchccdata.* sherpa.romeo.*
        publication-lookup.* org.dspace.app.batchitemimport.* webui.mydspace.*
    """,
    "workflow": "workflow.*",
    "versioning": "versioning.*",
    "authority control": """
        authority.* choices.* vocabulary.plugin.* lcname.url orcid.* solrauthority.* webui.controlledvocabulary.*
        plugin.named.org.dspace.content.authority.* plugin.selfnamed.org.dspace.content.authority.*
    """,
    "delegated administration": "core.authorization.*",
    "log-in": """
        authentication-ip.* authentication-ldap.* authentication-password.* authentication-shibboleth.*
        authentication-x509.* plugin.sequence.org.dspace.authenticate.* webui.user.assumelogin
    """,
    "mail to people": """
        feedback.recipient registration.notify mail.helpdesk mail.allowed.referrers
        eperson.subscription.* request.item.*
    """,
    "batch editing": "bulkedit.*",
    "import and export": "org.dspace.app.itemexport.* org.dspace.app.itemimport.*",
    "packages and crosswalks": """
        mets.* aip.* crosswalk.* plugin.named.org.dspace.content.crosswalk.* plugin.named.org.dspace.content.packager.*
        plugin.selfnamed.org.dspace.content.crosswalk.*
    """,
    "media filters": """
        filter.* pdffilter.* thumbnail.* webui.preview.* webui.browse.thumbnail.* webui.item.thumbnail.*
        plugin.named.org.dspace.app.mediafilter.* org.dspace.app.mediafilter.*
    """,
    "curation": "curate.* translator.* clamav.* plugin.named.org.dspace.curate.*",
    "checksum checker": "checker.*",
    "embargo of DSpace 1.x": "embargo.*",
    "health check": "healthcheck.* plugin.named.org.dspace.health.*",
    "citation page": "citation-page.*",
    "usage statistics": """
        usage-statistics.* solr-statistics.* anonymize_statistics.* google-analytics.* report.* log.report.dir
    """,
    "REST": "rest.*",
    "SWORD": """
        sword-server.* swordv2-server.* sword-client.* plugin.named.org.dspace.sword.* plugin.named.org.dspace.sword2.*
    """,
    "linked data": "rdf.*",
    "outgoing requests": "http.proxy.*",
}


def part_of(key: str) -> str | None:
    """The part a key belongs to: "" when it is read, None when nobody knows it. The longest fitting pattern decides."""
    return next((part for pattern, part in _patterns() if _fits(key, pattern)), None)


def refuse_wrong_types(configuration: Configuration) -> None:
    """Raise ConfigurationError for a value that is no number, out of its bounds, no switch, or none of the choices."""
    for key in configuration.entries:
        if key in NUMBERS and configuration.get(key):
            low, high = NUMBERS[key]
            if not low <= configuration.int(key) <= high:
                raise configuration.error(key, f"{configuration.shown(key)!r} is not between {low} and {high}")
        elif key in CHOICES:
            configuration.choice(key, CHOICES[key])
        elif any(_fits(key, pattern) for pattern in SWITCHES):
            configuration.bool(key)


def _fits(key: str, pattern: str) -> bool:
    prefix, star, suffix = pattern.partition("*")
    return key == pattern or bool(star and key.startswith(prefix) and key.endswith(suffix) and len(key) >= len(pattern))


def exact_keys() -> list[str]:
    """The known keys that are written out, for suggestions."""
    return [pattern for pattern, _ in _patterns() if "*" not in pattern]


@cache
def _patterns() -> list[tuple[str, str]]:
    """All patterns with their part, the longest first."""
    groups = {"": READ, "no meaning": NO_MEANING, **LATER}
    pairs = [(pattern, part) for part, patterns in groups.items() for pattern in patterns.split()]
    return sorted(pairs, key=lambda pair: -len(pair[0].rstrip("*")))
