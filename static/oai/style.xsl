<?xml version="1.0" encoding="UTF-8"?>
<!-- Responses of the OAI-PMH provider as pages for people. Browsers apply it, or the server (oai.html); harvesters never do.
     A site's own stylesheet of this name in config/crosswalks/oai/static takes its place (docs/oai.md). -->
<xsl:stylesheet version="1.0"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:oai="http://www.openarchives.org/OAI/2.0/"
  xmlns:identifier="http://www.openarchives.org/OAI/2.0/oai-identifier"
  xmlns:friends="http://www.openarchives.org/OAI/2.0/friends/"
  xmlns:branding="http://www.openarchives.org/OAI/2.0/branding/"
  xmlns:rights="http://www.openarchives.org/OAI/2.0/rights/"
  xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  exclude-result-prefixes="oai identifier friends branding rights oai_dc dc">

  <xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat" indent="no"/>

  <xsl:variable name="request" select="/oai:OAI-PMH/oai:request"/>
  <xsl:variable name="base" select="normalize-space($request)"/>
  <xsl:variable name="host" select="substring-before(concat(substring-after($base, '://'), '/'), '/')"/>
  <xsl:variable name="verb" select="string($request/@verb)"/>
  <xsl:variable name="token" select="//oai:resumptionToken"/>
  <!-- The provider names its first format beside the stylesheet: not every context has oai_dc. -->
  <xsl:variable name="offered"
    select="substring-before(substring-after(/processing-instruction('xml-stylesheet'), 'title=&quot;'), '&quot;')"/>
  <xsl:variable name="prefix">
    <xsl:choose>
      <xsl:when test="$request/@metadataPrefix and not(//oai:error)"><xsl:value-of select="$request/@metadataPrefix"/></xsl:when>
      <xsl:when test="$offered"><xsl:value-of select="$offered"/></xsl:when>
      <xsl:otherwise>oai_dc</xsl:otherwise>
    </xsl:choose>
  </xsl:variable>

  <xsl:template match="/">
    <html lang="en">
      <head>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="robots" content="noindex"/>
        <title><xsl:call-template name="heading"/> · OAI-PMH · <xsl:value-of select="$host"/></title>
        <link rel="icon" type="image/svg+xml" href="/static/img/mark.svg"/>
        <link rel="stylesheet" href="/static/vendor/bootstrap-5.3.9/bootstrap.min.css"/>
        <link rel="stylesheet" href="/static/vendor/source-serif-4-5.3.1/font.css"/>
        <link rel="stylesheet" href="/static/vendor/source-sans-3-5.3.0/font.css"/>
        <link rel="stylesheet" href="/static/css/site.css"/>
        <link rel="stylesheet" href="/static/oai/style.css"/>
      </head>
      <body>
        <a class="skip-link" href="#content">Skip to content</a>
        <xsl:call-template name="site-header"/>
        <main id="content" tabindex="-1">
          <div class="container">
            <h1><xsl:call-template name="heading"/></h1>
            <p class="muted">What this page shows was written for machines that harvest metadata. This is their
              <a href="/oai/">OAI-PMH</a> interface, as of <xsl:value-of select="/oai:OAI-PMH/oai:responseDate"/>.</p>
            <xsl:call-template name="verbs"/>
            <xsl:apply-templates select="/oai:OAI-PMH/*"/>
          </div>
        </main>
        <footer class="site-footer">
          <div class="container">
            <span><xsl:value-of select="$host"/></span>
            <ul>
              <li><a href="/">The repository</a></li>
              <li><a href="https://www.openarchives.org/OAI/openarchivesprotocol.html">The protocol</a></li>
            </ul>
          </div>
        </footer>
      </body>
    </html>
  </xsl:template>

  <xsl:template name="site-header">
    <header class="site-header">
      <div class="container">
        <a class="brand" href="/"><img src="/static/img/mark.svg" alt="" width="36" height="36"/><span class="brand-name"><xsl:value-of select="$host"/></span></a>
        <nav class="site-nav" aria-label="Main">
          <ul>
            <li><a href="/community-list">Collections</a></li>
            <li><a href="/browse?type=title">Browse</a></li>
            <li><a href="/search">Search</a></li>
          </ul>
        </nav>
      </div>
    </header>
    <nav class="trail" aria-label="You are here">
      <div class="container">
        <ol>
          <li><a href="/">Home</a></li>
          <li><a href="/oai/">OAI-PMH</a></li>
          <li aria-current="page"><xsl:value-of select="$base"/></li>
        </ol>
      </div>
    </nav>
  </xsl:template>

  <xsl:template name="heading">
    <xsl:choose>
      <xsl:when test="//oai:error">This request can’t be answered</xsl:when>
      <xsl:when test="$verb = 'Identify'"><xsl:value-of select="//oai:repositoryName"/></xsl:when>
      <xsl:when test="$verb = 'ListMetadataFormats' and $request/@identifier">Formats of one record</xsl:when>
      <xsl:when test="$verb = 'ListMetadataFormats'">Metadata formats</xsl:when>
      <xsl:when test="$verb = 'ListSets'">Sets</xsl:when>
      <xsl:when test="$verb = 'ListIdentifiers'">Identifiers</xsl:when>
      <xsl:when test="$verb = 'ListRecords'">Records</xsl:when>
      <xsl:otherwise>One record</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The six verbs; records in the format of this page. -->
  <xsl:template name="verbs">
    <nav aria-label="Requests">
      <ul class="pills">
        <xsl:call-template name="verb"><xsl:with-param name="name" select="'Identify'"/><xsl:with-param name="label" select="'About'"/></xsl:call-template>
        <xsl:call-template name="verb"><xsl:with-param name="name" select="'ListMetadataFormats'"/><xsl:with-param name="label" select="'Formats'"/></xsl:call-template>
        <xsl:call-template name="verb"><xsl:with-param name="name" select="'ListSets'"/><xsl:with-param name="label" select="'Sets'"/></xsl:call-template>
        <xsl:call-template name="verb">
          <xsl:with-param name="name" select="'ListRecords'"/><xsl:with-param name="label" select="'Records'"/>
          <xsl:with-param name="arguments" select="concat('&amp;metadataPrefix=', $prefix)"/>
        </xsl:call-template>
        <xsl:call-template name="verb">
          <xsl:with-param name="name" select="'ListIdentifiers'"/><xsl:with-param name="label" select="'Identifiers'"/>
          <xsl:with-param name="arguments" select="concat('&amp;metadataPrefix=', $prefix)"/>
        </xsl:call-template>
      </ul>
    </nav>
  </xsl:template>

  <xsl:template name="verb">
    <xsl:param name="name"/><xsl:param name="label"/><xsl:param name="arguments"/>
    <li>
      <a href="?verb={$name}{$arguments}">
        <xsl:if test="$verb = $name"><xsl:attribute name="aria-current">true</xsl:attribute></xsl:if>
        <xsl:value-of select="$label"/>
      </a>
    </li>
  </xsl:template>

  <xsl:template match="oai:responseDate | oai:request"/>

  <!-- Errors -->
  <xsl:template match="oai:error">
    <div class="alert alert-warning" role="alert"><strong><xsl:value-of select="@code"/></strong>: <xsl:value-of select="."/></div>
    <xsl:if test="position() = last()">
      <p><xsl:choose>
        <xsl:when test="@code = 'noRecordsMatch'">There is nothing to harvest here at present. Perhaps in another set, or at other dates.</xsl:when>
        <xsl:when test="@code = 'badResumptionToken'">A list goes on for two days only. Please begin it again.</xsl:when>
        <xsl:when test="@code = 'cannotDisseminateFormat'">See which <a href="?verb=ListMetadataFormats">formats</a> there are.</xsl:when>
        <xsl:otherwise>The links above lead to requests that can be answered.</xsl:otherwise>
      </xsl:choose></p>
    </xsl:if>
  </xsl:template>

  <!-- Identify -->
  <xsl:template match="oai:Identify">
    <dl class="facts">
      <dt>Base URL</dt><dd><code><xsl:value-of select="oai:baseURL"/></code></dd>
      <dt>Administrator</dt><dd><xsl:for-each select="oai:adminEmail"><a class="d-block" href="mailto:{.}"><xsl:value-of select="."/></a></xsl:for-each></dd>
      <dt>Protocol</dt><dd>OAI-PMH <xsl:value-of select="oai:protocolVersion"/></dd>
      <dt>Records since</dt><dd><xsl:value-of select="oai:earliestDatestamp"/></dd>
      <dt>Deleted records</dt><dd><xsl:value-of select="oai:deletedRecord"/></dd>
      <dt>Granularity</dt><dd><xsl:value-of select="oai:granularity"/></dd>
      <xsl:if test="oai:compression">
        <dt>Compression</dt><dd><xsl:for-each select="oai:compression"><xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="."/></xsl:for-each></dd>
      </xsl:if>
      <xsl:apply-templates select="oai:description/identifier:oai-identifier | oai:description/rights:rightsManifest"/>
    </dl>
    <xsl:apply-templates select="oai:description/*[not(self::identifier:oai-identifier or self::rights:rightsManifest)]"/>
  </xsl:template>

  <xsl:template match="identifier:oai-identifier">
    <dt>Identifiers look like</dt><dd><code><xsl:value-of select="identifier:sampleIdentifier"/></code></dd>
  </xsl:template>

  <xsl:template match="rights:rightsManifest">
    <dt>Metadata may be used under</dt>
    <dd><xsl:for-each select=".//rights:rightsReference"><xsl:call-template name="value"><xsl:with-param name="text" select="@ref"/></xsl:call-template></xsl:for-each></dd>
  </xsl:template>

  <xsl:template match="friends:friends">
    <h2>Other repositories</h2>
    <ul class="links"><xsl:for-each select="friends:baseURL">
      <li><xsl:call-template name="value"><xsl:with-param name="text" select="."/></xsl:call-template></li>
    </xsl:for-each></ul>
  </xsl:template>

  <xsl:template match="branding:branding">
    <h2>Icon</h2>
    <ul class="links"><xsl:for-each select="branding:collectionIcon/branding:url | branding:collectionIcon/branding:link">
      <li><xsl:call-template name="value"><xsl:with-param name="text" select="."/></xsl:call-template></li>
    </xsl:for-each></ul>
  </xsl:template>

  <xsl:template match="oai:description/*" priority="-0.4">
    <h2>Description</h2>
    <xsl:call-template name="source"/>
  </xsl:template>

  <!-- ListMetadataFormats -->
  <xsl:template match="oai:ListMetadataFormats">
    <xsl:if test="$request/@identifier"><p><code><xsl:value-of select="$request/@identifier"/></code></p></xsl:if>
    <ul class="records"><xsl:apply-templates select="oai:metadataFormat"/></ul>
  </xsl:template>

  <xsl:template match="oai:metadataFormat">
    <li>
      <h2 class="record-title"><xsl:value-of select="oai:metadataPrefix"/></h2>
      <dl class="facts">
        <dt>Namespace</dt><dd><xsl:value-of select="oai:metadataNamespace"/></dd>
        <dt>Schema</dt><dd><xsl:call-template name="value"><xsl:with-param name="text" select="oai:schema"/></xsl:call-template></dd>
      </dl>
      <ul class="pills oai-actions">
        <xsl:choose>
          <xsl:when test="$request/@identifier">
            <li><a><xsl:attribute name="href"><xsl:call-template name="record-address">
              <xsl:with-param name="identifier" select="$request/@identifier"/><xsl:with-param name="format" select="oai:metadataPrefix"/>
            </xsl:call-template></xsl:attribute>The record<span class="visually-hidden"> in <xsl:value-of select="oai:metadataPrefix"/></span></a></li>
          </xsl:when>
          <xsl:otherwise>
            <li><a href="?verb=ListRecords&amp;metadataPrefix={oai:metadataPrefix}">Records<span class="visually-hidden"> in <xsl:value-of select="oai:metadataPrefix"/></span></a></li>
            <li><a href="?verb=ListIdentifiers&amp;metadataPrefix={oai:metadataPrefix}">Identifiers<span class="visually-hidden"> in <xsl:value-of select="oai:metadataPrefix"/></span></a></li>
          </xsl:otherwise>
        </xsl:choose>
      </ul>
    </li>
  </xsl:template>

  <!-- ListSets -->
  <xsl:template match="oai:ListSets">
    <xsl:call-template name="extent"><xsl:with-param name="shown" select="count(oai:set)"/></xsl:call-template>
    <ul class="records"><xsl:apply-templates select="oai:set"/></ul>
    <xsl:call-template name="next"/>
  </xsl:template>

  <xsl:template match="oai:set">
    <li>
      <h2 class="record-title" dir="auto"><xsl:value-of select="oai:setName"/></h2>
      <p class="record-meta"><code><xsl:value-of select="oai:setSpec"/></code></p>
      <xsl:for-each select="oai:setDescription//dc:description"><p class="record-snippet" dir="auto"><xsl:value-of select="."/></p></xsl:for-each>
      <ul class="pills oai-actions">
        <li><xsl:call-template name="set-link"><xsl:with-param name="spec" select="oai:setSpec"/><xsl:with-param name="list" select="'ListRecords'"/><xsl:with-param name="label" select="'Records'"/></xsl:call-template></li>
        <li><xsl:call-template name="set-link"><xsl:with-param name="spec" select="oai:setSpec"/><xsl:with-param name="list" select="'ListIdentifiers'"/><xsl:with-param name="label" select="'Identifiers'"/></xsl:call-template></li>
      </ul>
    </li>
  </xsl:template>

  <xsl:template name="set-link">
    <xsl:param name="spec"/><xsl:param name="list"/><xsl:param name="label"/>
    <a>
      <xsl:attribute name="href">
        <xsl:value-of select="concat('?verb=', $list, '&amp;metadataPrefix=', $prefix, '&amp;set=')"/>
        <xsl:call-template name="encoded"><xsl:with-param name="text" select="$spec"/></xsl:call-template>
      </xsl:attribute>
      <xsl:value-of select="$label"/><span class="visually-hidden"> of <xsl:value-of select="$spec"/></span>
    </a>
  </xsl:template>

  <!-- Lists of records and of headers -->
  <xsl:template match="oai:ListRecords | oai:ListIdentifiers">
    <xsl:if test="$request/@set"><p>In the set <code><xsl:value-of select="$request/@set"/></code></p></xsl:if>
    <xsl:call-template name="extent"><xsl:with-param name="shown" select="count(oai:record | oai:header)"/></xsl:call-template>
    <ol class="records"><xsl:apply-templates select="oai:record | oai:header" mode="listed"/></ol>
    <xsl:call-template name="next"/>
  </xsl:template>

  <xsl:template match="oai:header" mode="listed">
    <li>
      <h2 class="record-title oai-identifier"><xsl:call-template name="identifier"/></h2>
      <xsl:call-template name="header-facts"/>
    </li>
  </xsl:template>

  <xsl:template match="oai:record" mode="listed">
    <xsl:variable name="title" select="normalize-space(oai:metadata//*[local-name() = 'title' or @element = 'title'][1])"/>
    <li>
      <h2 class="record-title" dir="auto"><xsl:choose>
        <xsl:when test="$title"><xsl:value-of select="$title"/></xsl:when>
        <xsl:otherwise><xsl:value-of select="oai:header/oai:identifier"/></xsl:otherwise>
      </xsl:choose></h2>
      <xsl:if test="oai:metadata/oai_dc:dc/dc:creator">
        <p class="record-meta" dir="auto"><xsl:for-each select="oai:metadata/oai_dc:dc/dc:creator"><xsl:if test="position() &gt; 1">; </xsl:if><xsl:value-of select="."/></xsl:for-each></p>
      </xsl:if>
      <xsl:for-each select="oai:header"><xsl:call-template name="header-facts"/></xsl:for-each>
      <xsl:if test="oai:metadata">
        <details>
          <summary>Metadata<span class="visually-hidden"> of <xsl:value-of select="oai:header/oai:identifier"/></span></summary>
          <xsl:apply-templates select="oai:metadata/* | oai:about/*"/>
        </details>
      </xsl:if>
    </li>
  </xsl:template>

  <xsl:template match="oai:GetRecord">
    <xsl:for-each select="oai:record">
      <xsl:for-each select="oai:header"><xsl:call-template name="header-facts"/></xsl:for-each>
      <xsl:if test="oai:metadata"><h2>Metadata</h2></xsl:if>
      <xsl:apply-templates select="oai:metadata/*"/>
      <xsl:for-each select="oai:about"><h2>About this metadata</h2><xsl:apply-templates select="*"/></xsl:for-each>
    </xsl:for-each>
  </xsl:template>

  <!-- Of a header -->
  <xsl:template name="header-facts">
    <xsl:if test="@status = 'deleted'"><p class="my-1"><span class="access access-restricted">Deleted</span></p></xsl:if>
    <dl class="facts">
      <xsl:if test="parent::oai:record"><dt>Identifier</dt><dd><xsl:call-template name="identifier"/></dd></xsl:if>
      <dt>Changed</dt><dd><xsl:value-of select="oai:datestamp"/></dd>
      <xsl:if test="oai:setSpec">
        <dt>Sets</dt>
        <dd><ul class="oai-sets"><xsl:for-each select="oai:setSpec"><li><a>
          <xsl:attribute name="href">
            <xsl:value-of select="concat('?verb=ListRecords&amp;metadataPrefix=', $prefix, '&amp;set=')"/>
            <xsl:call-template name="encoded"><xsl:with-param name="text" select="."/></xsl:call-template>
          </xsl:attribute>
          <xsl:value-of select="."/></a></li></xsl:for-each></ul></dd>
      </xsl:if>
      <dt>Formats</dt>
      <dd><a>
        <xsl:attribute name="href">?verb=ListMetadataFormats&amp;identifier=<xsl:call-template name="encoded"><xsl:with-param name="text" select="oai:identifier"/></xsl:call-template></xsl:attribute>
        All formats<span class="visually-hidden"> of <xsl:value-of select="oai:identifier"/></span></a></dd>
    </dl>
  </xsl:template>

  <xsl:template name="identifier">
    <a>
      <xsl:attribute name="href"><xsl:call-template name="record-address">
        <xsl:with-param name="identifier" select="oai:identifier"/><xsl:with-param name="format" select="$prefix"/>
      </xsl:call-template></xsl:attribute>
      <xsl:value-of select="oai:identifier"/>
    </a>
  </xsl:template>

  <xsl:template name="record-address">
    <xsl:param name="identifier"/><xsl:param name="format"/>
    <xsl:value-of select="concat('?verb=GetRecord&amp;metadataPrefix=', $format, '&amp;identifier=')"/>
    <xsl:call-template name="encoded"><xsl:with-param name="text" select="$identifier"/></xsl:call-template>
  </xsl:template>

  <!-- Dublin Core: a line for each element -->
  <xsl:template match="oai_dc:dc">
    <dl class="facts oai-metadata"><xsl:for-each select="dc:*">
      <xsl:if test="not(preceding-sibling::dc:*[1][local-name() = local-name(current())])"><dt><xsl:value-of select="local-name()"/></dt></xsl:if>
      <dd dir="auto"><xsl:call-template name="value"><xsl:with-param name="text" select="."/></xsl:call-template></dd>
    </xsl:for-each></dl>
  </xsl:template>

  <!-- Any other format: its XML, laid out -->
  <xsl:template match="oai:metadata/* | oai:about/*" priority="-0.4"><xsl:call-template name="source"/></xsl:template>

  <xsl:template name="source">
    <div class="oai-source" dir="ltr" role="group" aria-label="XML" tabindex="0"><xsl:apply-templates select="." mode="source"/></div>
  </xsl:template>

  <xsl:template match="*" mode="source">
    <div>
      <span class="oai-tag">&lt;<xsl:value-of select="name()"/></span>
      <xsl:for-each select="@*"><xsl:text> </xsl:text><span class="oai-attribute"><xsl:value-of select="name()"/>="</span><xsl:value-of select="."/><span class="oai-attribute">"</span></xsl:for-each>
      <span class="oai-tag"><xsl:if test="not(node())">/</xsl:if>&gt;</span>
      <xsl:apply-templates select="node()" mode="source"/>
      <xsl:if test="node()"><span class="oai-tag">&lt;/<xsl:value-of select="name()"/>&gt;</span></xsl:if>
    </div>
  </xsl:template>
  <xsl:template match="text()" mode="source"><xsl:call-template name="value"><xsl:with-param name="text" select="."/></xsl:call-template></xsl:template>
  <xsl:template match="comment() | processing-instruction()" mode="source"/>

  <!-- How far a list has come, and how it goes on -->
  <xsl:template name="extent">
    <xsl:param name="shown"/>
    <p role="status"><xsl:choose>
      <xsl:when test="$token"><xsl:value-of select="$token/@cursor + 1"/>–<xsl:value-of select="$token/@cursor + $shown"/> of <xsl:value-of select="$token/@completeListSize"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="$shown"/> in all</xsl:otherwise>
    </xsl:choose></p>
  </xsl:template>

  <xsl:template name="next">
    <xsl:if test="string($token)">
      <nav aria-label="Pages">
        <ul class="pager"><li><a rel="next">
          <xsl:attribute name="href">?verb=<xsl:value-of select="$verb"/>&amp;resumptionToken=<xsl:call-template name="encoded"><xsl:with-param name="text" select="$token"/></xsl:call-template></xsl:attribute>
          Next page</a></li></ul>
      </nav>
    </xsl:if>
  </xsl:template>

  <!-- A text, as a link where it is an address of the web: never of another scheme -->
  <xsl:template name="value">
    <xsl:param name="text"/>
    <xsl:choose>
      <xsl:when test="(starts-with($text, 'http://') or starts-with($text, 'https://')) and not(contains($text, ' '))">
        <a href="{$text}" rel="nofollow"><xsl:value-of select="$text"/></a>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- A value in an address: what would end it, or mean something else there, is escaped -->
  <xsl:template name="encoded">
    <xsl:param name="text"/>
    <xsl:param name="characters" select="'%&amp;+#'"/>
    <xsl:param name="codes" select="'25262B23'"/>
    <xsl:choose>
      <xsl:when test="not($characters)"><xsl:value-of select="$text"/></xsl:when>
      <xsl:when test="contains($text, substring($characters, 1, 1))">
        <xsl:call-template name="encoded">
          <xsl:with-param name="text" select="substring-before($text, substring($characters, 1, 1))"/>
          <xsl:with-param name="characters" select="substring($characters, 2)"/><xsl:with-param name="codes" select="substring($codes, 3)"/>
        </xsl:call-template>
        <xsl:value-of select="concat('%', substring($codes, 1, 2))"/>
        <xsl:call-template name="encoded">
          <xsl:with-param name="text" select="substring-after($text, substring($characters, 1, 1))"/>
          <xsl:with-param name="characters" select="$characters"/><xsl:with-param name="codes" select="$codes"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="encoded">
          <xsl:with-param name="text" select="$text"/>
          <xsl:with-param name="characters" select="substring($characters, 2)"/><xsl:with-param name="codes" select="substring($codes, 3)"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
